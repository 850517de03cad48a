/** The fixtures by their manifest. */
import { readFileSync } from 'node:fs';

export interface ManifestValue {
  readonly type: string;
  readonly repr?: string;
  readonly name?: string;
}
export type ManifestPair = readonly [name: string, value: ManifestValue];

export interface ManifestCallable {
  readonly kind: string;
  readonly qualname?: string;
  readonly module?: string;
  readonly file?: string;
  readonly line?: number;
  readonly arguments?: readonly string[];
  readonly captures?: readonly ManifestPair[];
  readonly globals?: readonly ManifestPair[];
  readonly keywordDefaults?: readonly ManifestPair[];
  readonly defaults?: readonly ManifestValue[];
  readonly methods?: readonly string[];
  readonly function?: ManifestCallable;
  readonly args?: readonly ManifestValue[];
  readonly keywords?: readonly ManifestPair[];
  readonly attributes?: readonly ManifestPair[];
}

export interface ManifestUdf {
  readonly name: string;
  readonly family: string;
  readonly transport: 'inline' | 'by-name';
  readonly codec?: string;
  readonly magic?: string;
  readonly version?: number;
  readonly python?: string;
  readonly offset?: number;
  readonly bytes?: number;
  readonly volatility?: string;
  readonly inputs?: readonly unknown[];
  readonly returns?: readonly unknown[];
  readonly state?: readonly unknown[] | null;
  readonly callable?: ManifestCallable | null;
}

export interface ManifestEntry {
  readonly path: string;
  readonly container: string;
  readonly engine: string;
  readonly category: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly canonical?: string;
  readonly receiver: { readonly accepts: boolean; readonly error?: string } | null;
  readonly udfs?: readonly ManifestUdf[];
  readonly udfsError?: string;
  readonly fields?: readonly unknown[];
}

export const manifest: readonly ManifestEntry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));

export function fixtureBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`fixtures/${path}`));
}
