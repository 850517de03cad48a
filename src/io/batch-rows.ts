/** Rows of the batches that readers give: the batch size of the reference engine. */
export const BATCH_ROWS = 8192;
