/**
 * Rows that a loop over many goes through at a call. V8 compiles a function that is called often once; one that stays in its loop it compiles
 * twice, for the loop that runs and for the calls to come, which costs more than a short run's rows.
 */
export const LOOP_ROWS = 1024;
