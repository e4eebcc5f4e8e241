/** Options of V8 for a process that plays or runs drills. */
export function engineFlags(): string[] {
  return [
    // A run makes much garbage and keeps little: the heap grows by a third of what lives, so that long runs stay small.
    '--heap-growing-percent=30',
    // Helper threads would take longer to wake than there is to clear away.
    '--no-parallel-scavenge',
    '--no-concurrent-marking',
    // Optimised code costs a short run a fifth of its time and gives nothing back: Node 20 makes it too early, and
    // the newer ones, which do not know the flag, later by themselves.
    ...(process.versions.node.startsWith('20.') ? ['--interrupt-budget=400000'] : []),
  ];
}
