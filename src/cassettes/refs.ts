import type { Cassette, RecordingRef } from '../core/cassette.ts';

/** How a recording is called: its task, and its place in the file. */
export const takeId = ({ task }: Pick<Cassette, 'task'>, index: number): string => `${task} ${index + 1}`;

/** The recordings that a drill had asked for when they were made, of these golden tasks. */
export function refsOf(cassettes: readonly Cassette[], drill: string, tasks: readonly string[]): RecordingRef[] {
  return cassettes.flatMap((cassette) =>
    cassette.takes.flatMap(({ request: { role }, about: { drills, recorded } }, i) => {
      const { task } = cassette;
      return tasks.includes(task) && drills.includes(drill) ? [{ id: takeId(cassette, i), task, role, recorded }] : [];
    }),
  );
}
