import type { Encoder } from '../core/protocol.ts';
import type { Frame, Head, Part } from '../core/wire.ts';
import { concat, sameBytes } from './json.ts';

/** A frame that says something, with the frames before it that say nothing: openings, block borders, keep-alives. */
interface Unit {
  lead: Frame[];
  frame: Frame;
}

/** A decoded reply that remembers which bytes its parts came from. */
export interface Recording {
  head: Head;
  parts: AsyncIterable<Part>;
  holds(part: Part): boolean;
  /** The recorded unit that holds a part. */
  original(part: Part): Unit | undefined;
  /** What our encoder would have written for that part, had nothing been touched. */
  twin(part: Part): Unit | undefined;
  /** The parts in their recorded order, as far as they were decoded. */
  sequence: readonly Part[];
  /** The frames after the last part; undefined while the recording was not read to its end. */
  tail(): Frame[] | undefined;
}

/** Gathers frames into units, by each of their parts. What is left in `lead` comes after the last unit. */
function createUnits() {
  const byPart = new Map<Part, Unit>();
  let lead: Frame[] = [];
  return {
    byPart,
    rest: () => lead,
    add(frame: Frame): Unit | undefined {
      if (frame.parts.length === 0) {
        lead.push(frame);
        return undefined;
      }
      const unit = { lead, frame };
      for (const part of frame.parts) byPart.set(part, unit);
      lead = [];
      return unit;
    },
  };
}

/** `shadow` is an encoder that is fed the recorded parts: bytes may stand in for ours where it writes the same as we do. */
export function openRecording(head: Head, frames: AsyncIterable<Frame>, shadow: Encoder): Recording {
  const originals = createUnits();
  const twins = createUnits();
  const sequence: Part[] = [];
  let done = false;

  async function* read(): AsyncGenerator<Part> {
    for await (const frame of frames) {
      originals.add(frame);
      for (const part of frame.parts) {
        sequence.push(part);
        for (const written of shadow.push(part)) twins.add(written);
      }
      yield* frame.parts;
    }
    for (const written of shadow.end()) twins.add(written);
    done = true;
  }

  return {
    head,
    parts: read(),
    sequence,
    holds: (part) => originals.byPart.has(part),
    original: (part) => originals.byPart.get(part),
    twin: (part) => twins.byPart.get(part),
    tail: () => (done ? originals.rest() : undefined),
  };
}

/**
 * Writes parts that came from a recording, perhaps edited on the way.
 * As long as they are the recorded ones in their order, recorded frames go out whole. From the first edit on, a frame goes out
 * as recorded where its parts are untouched and stand at the same place of the reply (same block, same index); the rest is ours.
 */
export async function* mendFrames(
  parts: AsyncIterable<Part>,
  recording: Recording,
  encoder: Encoder,
): AsyncGenerator<Frame> {
  let passed = 0;
  let edited = false;
  /** Ours, for parts of a recorded frame that has not wholly come through yet. */
  let held: Frame[] = [];
  const splicer = createSplicer(recording);

  for await (const part of parts) {
    const ours = encoder.push(part);
    edited ||= part !== recording.sequence[passed];
    if (edited) {
      yield* splicer.push([...held, ...ours]);
      held = [];
      continue;
    }
    passed++;
    const unit = recording.original(part);
    held.push(...ours);
    if (unit === undefined || unit.frame.parts.at(-1) !== part) continue;
    held = [];
    splicer.sent(unit);
    yield* [...unit.lead, unit.frame];
  }
  const tail = recording.tail();
  if (!edited && tail !== undefined && passed === recording.sequence.length) yield* tail;
  else yield* splicer.end([...held, ...encoder.end()]);
}

function createSplicer(recording: Recording) {
  const units = createUnits();
  const gone = new Set<Part>();
  let begun = false;
  /** Ours, waiting for the other parts of one recorded frame. */
  let group: { of: Unit; ours: Unit[] } | undefined;

  const leadOf = (ours: Unit, place: Unit | undefined, twin: Unit | undefined): Frame[] =>
    place !== undefined && twin !== undefined && sameWire(ours.lead, twin.lead) ? place.lead : ours.lead;

  const asOurs = (unit: Unit): Frame[] => {
    // Nothing went out yet: the recorded opening still fits if ours would be the untouched reply's.
    const [first] = begun ? [] : recording.sequence;
    begun = true;
    const lead = first === undefined ? unit.lead : leadOf(unit, recording.original(first), recording.twin(first));
    return [...lead, unit.frame];
  };
  const flush = (): Frame[] => {
    const frames = group?.ours.flatMap(asOurs) ?? [];
    group = undefined;
    return frames;
  };
  const splice = (unit: Unit): Frame[] => {
    const [part] = unit.frame.parts;
    // A frame our encoder writes late may already have gone out as recorded.
    if (part === undefined || gone.has(part)) return [];
    const of = recording.original(part);
    const twin = recording.twin(part);
    const fits = of !== undefined && twin !== undefined && sameBytes(twin.frame.wire, unit.frame.wire);
    if (!fits) return [...flush(), ...asOurs(unit)];
    const before = group?.of === of ? [] : flush();
    group = { of, ours: [...(group?.ours ?? []), unit] };
    const covered = new Set(group.ours.flatMap((u) => u.frame.parts));
    const [first] = group.ours;
    if (first === undefined || !of.frame.parts.every((p) => covered.has(p))) return before;
    group = undefined;
    begun = true;
    return [...before, ...leadOf(first, of, recording.twin(first.frame.parts[0] ?? part)), of.frame];
  };

  return {
    sent(unit: Unit) {
      begun = true;
      for (const part of unit.frame.parts) gone.add(part);
    },
    push: (ours: readonly Frame[]): Frame[] => ours.flatMap((f) => units.add(f) ?? []).flatMap(splice),
    end(ours: readonly Frame[]): Frame[] {
      return [...this.push(ours), ...flush(), ...units.rest()];
    },
  };
}

const sameWire = (a: Frame[], b: Frame[]) => sameBytes(concat(a.map((f) => f.wire)), concat(b.map((f) => f.wire)));
