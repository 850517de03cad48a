/**
 * The framing of a UDF definition (`fun_definition`): datafusion-python's inline Python frames, its chain envelope, and dfx's own
 * JavaScript frames. `docs/wire-format.md` has the byte tables.
 */
import { DfxError } from './errors.ts';

export type FrameFamily = 'scalar' | 'aggregate' | 'window';
export type FrameLanguage = 'python' | 'javascript';

export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
}

/** The one list of family magics. */
export const FRAME_MAGICS: readonly {
  readonly magic: string;
  readonly family: FrameFamily;
  readonly language: FrameLanguage;
}[] = [
  { magic: 'DFPYUDF', family: 'scalar', language: 'python' },
  { magic: 'DFPYUDA', family: 'aggregate', language: 'python' },
  { magic: 'DFPYUDW', family: 'window', language: 'python' },
  { magic: 'DFJSUDF', family: 'scalar', language: 'javascript' },
  { magic: 'DFJSUDA', family: 'aggregate', language: 'javascript' },
  { magic: 'DFJSUDW', family: 'window', language: 'javascript' },
];

export const CHAIN_MAGIC = 'DFPYCHN';
export const MAGIC_LENGTH = 7;

/** Frame versions that DataFusion 54 and 55 write and read (datafusion-python `codec.rs`). */
export const FRAME_VERSION = { min: 1, current: 1 } as const;
/** Envelope versions that DataFusion 55 reads. */
export const CHAIN_VERSION = { min: 1, current: 1 } as const;

/**
 * What the bytes of a definition are. Like the real codec, a reader has three answers: not mine (`other`, `empty`), mine, and mine
 * but unacceptable (`malformed`, with the error that says why).
 */
export type Definition =
  | { readonly outcome: 'empty' }
  | { readonly outcome: 'other'; readonly prefix: string }
  | {
      readonly outcome: 'frame';
      readonly language: 'python';
      readonly family: FrameFamily;
      readonly magic: string;
      readonly version: number;
      readonly python: PythonVersion;
      readonly body: Uint8Array;
      /** Offset of `body` in the payload. */
      readonly bodyOffset: number;
    }
  | {
      readonly outcome: 'frame';
      readonly language: 'javascript';
      readonly family: FrameFamily;
      readonly magic: string;
      readonly version: number;
      readonly body: Uint8Array;
      readonly bodyOffset: number;
    }
  | {
      readonly outcome: 'chain';
      readonly version: number;
      /** The codec's id: a class path, or `anon:…` and `session:…` for codecs that only their own session knows. */
      readonly codecId: string;
      readonly portable: boolean;
      readonly blob: Uint8Array;
      readonly blobOffset: number;
    }
  | {
      readonly outcome: 'malformed';
      readonly magic: string;
      readonly family: FrameFamily | null;
      readonly language: FrameLanguage | null;
      readonly version: number | null;
      readonly python: PythonVersion | null;
      readonly error: DfxError;
    };

const ALIGN = 'align the datafusion-python versions of sender and receiver';
const CUT_OFF = "the definition is cut off; compare the payload's length with the sender's";

/** Reads the framing of a UDF definition. `offset` is where `bytes` starts in the payload. Never throws. */
export function readDefinition(bytes: Uint8Array, offset = 0): Definition {
  if (bytes.length === 0) return { outcome: 'empty' };
  const magic = latin1(bytes.subarray(0, MAGIC_LENGTH));
  if (magic === CHAIN_MAGIC) return readChain(bytes, offset);
  const known = FRAME_MAGICS.find((entry) => entry.magic === magic);
  if (known === undefined) return { outcome: 'other', prefix: magic };
  return known.language === 'python'
    ? readPythonFrame(bytes, offset, magic, known.family)
    : readJavaScriptFrame(bytes, offset, magic, known.family);
}

function readPythonFrame(bytes: Uint8Array, offset: number, magic: string, family: FrameFamily): Definition {
  const version = bytes[MAGIC_LENGTH] ?? null;
  const major = bytes[MAGIC_LENGTH + 1];
  const minor = bytes[MAGIC_LENGTH + 2];
  const malformed = (error: DfxError): Definition => ({
    outcome: 'malformed',
    magic,
    family,
    language: 'python',
    version,
    python: major === undefined || minor === undefined ? null : { major, minor },
    error,
  });
  const missing = (what: string, at: number): Definition =>
    malformed(
      new DfxError(
        'FRAME_TRUNCATED',
        `found the end of the inline Python ${family} UDF frame, expected its ${what} byte`,
        {
          offset: offset + at,
          hint: CUT_OFF,
        },
      ),
    );

  if (version === null) return missing('wire-format version', MAGIC_LENGTH);
  if (version < FRAME_VERSION.min || version > FRAME_VERSION.current) {
    return malformed(
      versionError('FRAME_VERSION', `inline Python ${family} UDF frame`, version, FRAME_VERSION, offset),
    );
  }
  if (major === undefined) return missing('Python major version', MAGIC_LENGTH + 1);
  if (minor === undefined) return missing('Python minor version', MAGIC_LENGTH + 2);
  return {
    outcome: 'frame',
    language: 'python',
    family,
    magic,
    version,
    python: { major, minor },
    body: bytes.subarray(MAGIC_LENGTH + 3),
    bodyOffset: offset + MAGIC_LENGTH + 3,
  };
}

function readJavaScriptFrame(bytes: Uint8Array, offset: number, magic: string, family: FrameFamily): Definition {
  const version = bytes[MAGIC_LENGTH] ?? null;
  const malformed = (error: DfxError): Definition => ({
    outcome: 'malformed',
    magic,
    family,
    language: 'javascript',
    version,
    python: null,
    error,
  });
  if (version === null) {
    return malformed(
      new DfxError(
        'FRAME_TRUNCATED',
        `found the end of the inline JavaScript ${family} UDF frame, expected its wire-format version byte`,
        {
          offset: offset + MAGIC_LENGTH,
          hint: CUT_OFF,
        },
      ),
    );
  }
  if (version < FRAME_VERSION.min || version > FRAME_VERSION.current) {
    return malformed(
      versionError('FRAME_VERSION', `inline JavaScript ${family} UDF frame`, version, FRAME_VERSION, offset),
    );
  }
  return {
    outcome: 'frame',
    language: 'javascript',
    family,
    magic,
    version,
    body: bytes.subarray(MAGIC_LENGTH + 1),
    bodyOffset: offset + MAGIC_LENGTH + 1,
  };
}

/** `DFPYCHN | version u8 | id_len u32 LE | id UTF-8 | blob`. */
function readChain(bytes: Uint8Array, offset: number): Definition {
  const version = bytes[MAGIC_LENGTH] ?? null;
  const malformed = (error: DfxError): Definition => ({
    outcome: 'malformed',
    magic: CHAIN_MAGIC,
    family: null,
    language: null,
    version,
    python: null,
    error,
  });
  if (version === null) {
    return malformed(
      new DfxError('CHAIN_TRUNCATED', 'found the end of the extension codec envelope, expected its version byte', {
        offset: offset + MAGIC_LENGTH,
        hint: CUT_OFF,
      }),
    );
  }
  if (version < CHAIN_VERSION.min || version > CHAIN_VERSION.current) {
    return malformed(versionError('CHAIN_VERSION', 'extension codec envelope', version, CHAIN_VERSION, offset));
  }
  const lengthAt = MAGIC_LENGTH + 1;
  if (bytes.length < lengthAt + 4) {
    return malformed(
      new DfxError(
        'CHAIN_TRUNCATED',
        `found ${bytes.length - lengthAt} bytes, expected the 4 of the codec id's length`,
        {
          offset: offset + lengthAt,
          hint: CUT_OFF,
        },
      ),
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(lengthAt, true);
  const idAt = lengthAt + 4;
  if (length > bytes.length - idAt) {
    return malformed(
      new DfxError('CHAIN_TRUNCATED', `found ${bytes.length - idAt} bytes, expected a codec id of ${length}`, {
        offset: offset + idAt,
        hint: CUT_OFF,
      }),
    );
  }
  let codecId: string;
  try {
    codecId = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(idAt, idAt + length));
  } catch {
    return malformed(
      new DfxError('CHAIN_ID', "found a codec id that isn't UTF-8", {
        offset: offset + idAt,
        hint: 'the bytes are damaged; compare them with what the sender wrote',
      }),
    );
  }
  return {
    outcome: 'chain',
    version,
    codecId,
    portable: !codecId.startsWith('anon:') && !codecId.startsWith('session:'),
    blob: bytes.subarray(idAt + length),
    blobOffset: offset + idAt + length,
  };
}

function versionError(
  code: 'FRAME_VERSION' | 'CHAIN_VERSION',
  what: string,
  version: number,
  supported: { readonly min: number; readonly current: number },
  offset: number,
): DfxError {
  return new DfxError(
    code,
    `found version ${version} of the ${what}, expected ${supported.min}..=${supported.current}`,
    {
      offset: offset + MAGIC_LENGTH,
      hint: ALIGN,
    },
  );
}

/** Writes an inline Python frame around a pickle. */
export function writePythonFrame(family: FrameFamily, python: PythonVersion, body: Uint8Array): Uint8Array {
  const magic = magicOf('python', family);
  const frame = new Uint8Array(MAGIC_LENGTH + 3 + body.length);
  writeLatin1(frame, magic);
  frame[MAGIC_LENGTH] = FRAME_VERSION.current;
  frame[MAGIC_LENGTH + 1] = python.major;
  frame[MAGIC_LENGTH + 2] = python.minor;
  frame.set(body, MAGIC_LENGTH + 3);
  return frame;
}

/** Writes a chain envelope around another codec's bytes. */
export function writeChain(codecId: string, blob: Uint8Array): Uint8Array {
  const id = new TextEncoder().encode(codecId);
  const idAt = MAGIC_LENGTH + 5;
  const envelope = new Uint8Array(idAt + id.length + blob.length);
  writeLatin1(envelope, CHAIN_MAGIC);
  envelope[MAGIC_LENGTH] = CHAIN_VERSION.current;
  new DataView(envelope.buffer).setUint32(MAGIC_LENGTH + 1, id.length, true);
  envelope.set(id, idAt);
  envelope.set(blob, idAt + id.length);
  return envelope;
}

export function magicOf(language: FrameLanguage, family: FrameFamily): string {
  const found = FRAME_MAGICS.find((entry) => entry.language === language && entry.family === family);
  if (found === undefined) throw new DfxError('DEFECT', `no magic for a ${language} ${family} UDF`);
  return found.magic;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function writeLatin1(target: Uint8Array, text: string): void {
  for (let at = 0; at < text.length; at++) target[at] = text.charCodeAt(at);
}

/** `3.11` */
/** Whether a Python may have that version: cloudpickle, and with it inline UDFs, is a thing of Python 3. */
export function isPossiblePython({ major }: PythonVersion): boolean {
  return major === 3;
}

export function pythonText(version: PythonVersion): string {
  return `${version.major}.${version.minor}`;
}
