/** From the frame of a payload to the rows that it means in a partition. */
import type { FrameBound, WindowFrame } from '../../../expr/model.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { SortKey } from '../aggregates/define.ts';
import { Refusal } from '../refusal.ts';
import { isDecimal, isNumeric, isString } from '../types.ts';
import type { Sorted } from './define.ts';
import { type Bound, type Frame, type FrameOf, groupsFrame, rangeFrame, rowsFrame, type Targets } from './frame.ts';
import { type Measure, measureOf } from './measure.ts';
import { sliceColumn } from './slice.ts';

/** The frames of the rows `[start, end)`, which are one partition. */
export type FramesOf = (sorted: Sorted, start: number, end: number) => FrameOf;

export interface BoundFrame {
  readonly frame: Frame;
  readonly framesOf: FramesOf;
  /** Every row has the whole partition. */
  readonly whole: boolean;
  /** Rows that tie have the same frame, which holds all of them or none. */
  readonly peersTogether: boolean;
}

const NEITHER: { readonly start: Targets | null; readonly end: Targets | null } = { start: null, end: null };

export function bindFrame(name: string, given: WindowFrame | null, orderBy: readonly SortKey[]): BoundFrame {
  if (given === null) throw new Refusal(name, 'has no frame');
  const { units } = given;
  const startKind = boundKind(name, given.start, 'start');
  const endKind = given.end === null ? 'current' : boundKind(name, given.end, 'end');
  if (units !== 'RANGE') {
    if (units === 'GROUPS' && orderBy.length === 0) throw new Refusal(name, 'has GROUPS without an ORDER BY');
    const frame: Frame = {
      units,
      start: counted(name, startKind, given.start),
      end: given.end === null ? { kind: 'current' } : counted(name, endKind, given.end),
    };
    refuseBackward(name, frame.start, frame.end, offsetOf(frame.start), offsetOf(frame.end));
    const whole = frame.start.kind === 'unbounded' && frame.end.kind === 'unbounded';
    return { frame, whole, peersTogether: whole || units === 'GROUPS', framesOf: countedFrames(frame, orderBy) };
  }
  const frame: Frame = { units, start: measured(startKind), end: measured(endKind) };
  const free = [startKind, endKind].every((kind) => kind === 'unbounded' || kind === 'current');
  const [key, ...others] = orderBy;
  if (key !== undefined && !hasRange(key.node.type)) throw new Refusal(name, `has a RANGE over ${key.node.type.kind}`);
  if (free) {
    // Without an ORDER BY all rows tie.
    const whole = key === undefined || (startKind === 'unbounded' && endKind === 'unbounded');
    const framesOf: FramesOf = (sorted, start, end) => {
      const keys = sorted.keys.map((column) => sliceColumn(column, start, end - start));
      return keys.length === 0
        ? () => ({ start: 0, end: end - start })
        : rangeFrame(frame, keys, orderBy, NEITHER, end - start);
    };
    return { frame, whole, peersTogether: true, framesOf };
  }
  if (key === undefined || others.length > 0)
    throw new Refusal(name, 'has a RANGE with an offset and not one key in ORDER BY');
  const startMeasure = measureFor(name, given.start, startKind, key);
  const endMeasure = given.end === null ? null : measureFor(name, given.end, endKind, key);
  refuseBackward(name, frame.start, frame.end, startMeasure?.size ?? 0, endMeasure?.size ?? 0);
  const framesOf: FramesOf = (sorted, start, end) => {
    const keys = sorted.keys.map((column) => sliceColumn(column, start, end - start));
    const [column] = keys;
    const targets = (measure: Measure | null): Targets | null =>
      measure === null || column === undefined ? null : measure.targets(column);
    return rangeFrame(frame, keys, orderBy, { start: targets(startMeasure), end: targets(endMeasure) }, end - start);
  };
  return { frame, whole: false, peersTogether: true, framesOf };
}

/** Types that the engine takes as the first key of RANGE (`extract_window_frame_target_type`). */
function hasRange(type: DataType): boolean {
  const { kind } = type;
  if (isNumeric(kind) || isDecimal(type) || isString(kind) || kind === 'Boolean' || kind === 'Null') return true;
  return kind === 'Date32' || kind === 'Date64' || kind === 'Timestamp';
}

function countedFrames(frame: Frame, orderBy: readonly SortKey[]): FramesOf {
  if (frame.units === 'ROWS') return (_sorted, start, end) => rowsFrame(frame, end - start);
  return (sorted, start, end) => {
    const keys = sorted.keys.map((column) => sliceColumn(column, start, end - start));
    return groupsFrame(frame, keys, orderBy, end - start);
  };
}

type BoundKind = Bound['kind'];

function boundKind(name: string, bound: FrameBound, side: 'start' | 'end'): BoundKind {
  if (bound.kind === 'CURRENT_ROW') return 'current';
  const unbounded = bound.value === null || bound.value.kind === 'Null';
  if (!unbounded) return bound.kind === 'PRECEDING' ? 'preceding' : 'following';
  if ((side === 'start') !== (bound.kind === 'PRECEDING')) throw new Refusal(name, 'has a frame without rows');
  return 'unbounded';
}

/** An offset in rows or groups. */
function counted(name: string, kind: BoundKind, bound: FrameBound): Bound {
  if (kind === 'unbounded' || kind === 'current') return { kind };
  const value = bound.kind === 'CURRENT_ROW' ? null : bound.value;
  const offset = value !== null && (value.kind === 'UInt64' || value.kind === 'Int64') ? Number(value.value) : -1;
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new Refusal(name, 'has a frame with another offset than a count');
  return { kind, offset };
}

/** Where the offset stands in the targets. */
function measured(kind: BoundKind): Bound {
  return kind === 'unbounded' || kind === 'current' ? { kind } : { kind, offset: 0 };
}

function measureFor(name: string, bound: FrameBound, kind: BoundKind, key: SortKey): Measure | null {
  if (kind === 'unbounded' || kind === 'current' || bound.kind === 'CURRENT_ROW' || bound.value === null) return null;
  const type: DataType = key.node.type;
  return measureOf(name, type, bound.value, (kind === 'preceding') === key.ascending ? 'minus' : 'plus');
}

function offsetOf(bound: Bound): number {
  return bound.kind === 'preceding' || bound.kind === 'following' ? bound.offset : 0;
}

/** A frame that would end before it starts makes the engine fail. */
function refuseBackward(name: string, start: Bound, end: Bound, startSize: number, endSize: number): void {
  const place = (bound: Bound, size: number): number =>
    bound.kind === 'preceding' ? -size : bound.kind === 'following' ? size : 0;
  if (start.kind === 'unbounded' || end.kind === 'unbounded') return;
  const rank = { preceding: 0, current: 1, following: 2, unbounded: 3 };
  if (rank[start.kind] > rank[end.kind] || place(start, startSize) > place(end, endSize)) {
    throw new Refusal(name, 'has a frame that ends before it starts');
  }
}
