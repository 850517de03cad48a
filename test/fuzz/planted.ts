/** Payloads in every container that write a file when somebody loads the pickle inside, or runs the JavaScript. */
import { writeChain, writePythonFrame } from '../../src/wire/frame.ts';
import { ProtoWriter } from '../../src/wire/protobuf/index.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** `builtins.open(trace, "w")`, which is enough to leave a file. Protocol 0, as text. */
function opening(trace: string): Uint8Array {
  return text(`cbuiltins\nopen\n(V${trace}\nVw\ntR.`);
}

/** The same in protocol 4. */
function openingBinary(trace: string): Uint8Array {
  const unicode = (value: string): Uint8Array => {
    const bytes = text(value);
    return joined(Uint8Array.from([0x58, bytes.length & 0xff, bytes.length >> 8, 0, 0]), bytes);
  };
  return joined(
    Uint8Array.from([0x80, 4]),
    unicode('builtins'),
    unicode('open'),
    Uint8Array.from([0x93]),
    unicode(trace),
    unicode('w'),
    Uint8Array.from([0x86, 0x52, 0x2e]),
  );
}

/** A call of a scalar UDF with this definition. */
function call(definition: Uint8Array): Uint8Array {
  return ProtoWriter.encode((w) =>
    w.message(20, () => {
      w.string(1, 'planted');
      w.bytes(3, definition);
    }),
  );
}

export function plantedPayloads(trace: string): Readonly<Record<string, Uint8Array>> {
  const python = { major: 3, minor: 11 };
  const javascript = text(`DFJSUDF\x01require('fs').writeFileSync(${JSON.stringify(trace)},'')`);
  return {
    pickle0: opening(trace),
    pickle4: openingBinary(trace),
    scalar: call(writePythonFrame('scalar', python, openingBinary(trace))),
    aggregate: call(writePythonFrame('aggregate', python, opening(trace))),
    window: call(writePythonFrame('window', python, openingBinary(trace))),
    chain: call(writeChain('codec.Id', openingBinary(trace))),
    frame: writePythonFrame('scalar', python, opening(trace)),
    other: call(openingBinary(trace)),
    javascript: call(javascript),
  };
}
