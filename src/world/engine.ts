import { setFlagsFromString } from 'node:v8';

/** Sets V8 up for a process that plays or runs drills; to be called before it does much else. */
export function tuneEngine(): void {
  // A run makes much garbage and keeps little: the heap grows by a third of what lives, so that long runs stay small.
  setFlagsFromString('--heap-growing-percent=30');
  // Helper threads would take longer to wake than there is to clear away, and marking in small steps costs more than at once.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-incremental-marking');
  // Optimised code costs a short run a fifth of its time and gives nothing back: Node 20 makes it too early, and
  // the newer ones, which do not know the flag, later by themselves.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=400000');
}
