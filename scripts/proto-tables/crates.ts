/** Fetches single crates with cargo and reads the DataFusion messages that they carry. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProstFiles } from './read-prost.ts';
import { readProtoFiles } from './read-proto.ts';
import type { SourceSchema } from './source.ts';

/** The newest datafusion-proto of each major (29 was never published; 7 and older are not in the registry). */
export const VERSIONS: readonly string[] = [
  ...['8.0.0', '9.0.0', '10.0.0', '11.0.0', '12.0.0', '13.0.0', '14.0.0', '15.0.0', '16.1.0', '17.0.0', '18.0.0'],
  ...['19.0.0', '20.0.0', '21.1.0', '22.0.0', '23.0.0', '24.0.0', '25.0.0', '26.0.0', '27.0.0', '28.0.0', '30.0.0'],
  ...['31.0.0', '32.0.0', '33.0.0', '34.0.0', '35.0.0', '36.0.0', '37.1.0', '38.0.0', '39.0.0', '40.0.0', '41.0.0'],
  ...['42.2.0', '43.0.0', '44.0.0', '45.0.0', '46.0.1', '47.0.0', '48.0.1', '49.0.2', '50.3.0', '51.0.0', '52.5.0'],
  ...['53.1.0', '54.1.0', '55.2.0'],
];

/** The versions whose own files the committed tables are held against: those of python:54.1.0 and python:55.0.0. */
export const CHECKED_VERSIONS: readonly string[] = ['54.1.0', '55.2.0'];

export function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}

function findCrate(name: string, version: string): string | null {
  const { CARGO_HOME } = process.env;
  const registry = join(CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  if (!existsSync(registry)) return null;
  for (const index of readdirSync(registry)) {
    const folder = join(registry, index, `${name}-${version}`);
    if (existsSync(join(folder, 'Cargo.toml'))) return folder;
  }
  return null;
}

/** The folder of an unpacked crate. `cargo info` downloads one crate and none of what it depends on. */
export function crateFolder(name: string, version: string): string {
  const present = findCrate(name, version);
  if (present !== null) return present;
  // Away from any Cargo.lock, which would steer the version.
  const folder = mkdtempSync(join(tmpdir(), 'dfx-crate-'));
  try {
    execFileSync('cargo', ['info', '--quiet', `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const fetched = findCrate(name, version);
  if (fetched === null) throw new Error(`cargo info did not leave ${name} ${version} in the registry folder`);
  return fetched;
}

function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

/** The crate that holds a version's plan and expression messages. */
export function modelsCrate(version: string): string {
  return crateFolder(majorOf(version) >= 55 ? 'datafusion-proto-models' : 'datafusion-proto', version);
}

export function commonCrate(version: string): string {
  return crateFolder('datafusion-proto-common', version);
}

/** From 54 on both crates carry the `.proto` files; majors 8 to 13 carry the one there was; between them only generated code. */
export function readVersion(version: string): SourceSchema {
  const major = majorOf(version);
  const models = modelsCrate(version);
  if (major >= 54) {
    return readProtoFiles([
      read(commonCrate(version), 'proto/datafusion_common.proto'),
      read(models, 'proto/datafusion.proto'),
    ]);
  }
  if (major <= 13) return readProtoFiles([read(models, 'proto/datafusion.proto')]);
  const generated = (folder: string) => ({
    prost: read(folder, 'src/generated/prost.rs'),
    pbjson: read(folder, 'src/generated/pbjson.rs'),
  });
  // Common types moved to a crate of their own in 39.
  return readProstFiles(major < 39 ? [generated(models)] : [generated(commonCrate(version)), generated(models)]);
}
