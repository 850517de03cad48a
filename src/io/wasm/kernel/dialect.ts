// What a CSV file is written with. One file at a time: an instance of the module belongs to one reader.

export let delimiter: u8 = 44;
export let quote: u8 = 34;
/** 256: no byte escapes. */
export let escape: u32 = 256;
/** A field of exactly these bytes is null. Zero of them: an empty field. */
export let nullText: usize = 0;
export let nullLength: usize = 0;

export function configure(delimiterByte: u32, quoteByte: u32, escapeByte: u32, nullAt: usize, nullBytes: usize): void {
  delimiter = <u8>delimiterByte;
  quote = <u8>quoteByte;
  escape = escapeByte;
  nullText = nullAt;
  nullLength = nullBytes;
}
