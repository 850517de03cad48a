/**
 * The table that replay is measured on, the same bytes each time: id (Int64, ascending), a (Int64, 0 to 999), b (Float64, 0 to 1, up to 17 digits), s
 * (Utf8, words of one to nine letters). About 36 bytes a row as CSV.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const WORDS = ['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'oak', 'sycamore', 'yew'];
const ROWS_OF_A_WRITE = 20_000;

export function writeCsv(path: string, rows: number): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, 'id,a,b,s\n');
    const random = generator(20_260);
    for (let start = 0; start < rows; start += ROWS_OF_A_WRITE) {
      let text = '';
      for (let id = start; id < Math.min(rows, start + ROWS_OF_A_WRITE); id++) {
        const word = random();
        text += `${id},${random() % 1000},${(random() * 2 ** 21 + (random() >>> 11)) / 2 ** 53},${WORDS[word % 10]}\n`;
      }
      writeSync(file, text);
    }
  } finally {
    closeSync(file);
  }
}

/** Marsaglia's xorshift with 32 bits: whole numbers from 1 to 2^32 - 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
