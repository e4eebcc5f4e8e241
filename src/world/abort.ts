/** Calls `then` with the signal's reason once it aborts, at once if it has. Returns how to stop listening. */
export function whenAborted(signal: AbortSignal | null | undefined, then: (reason: unknown) => void): () => void {
  if (signal === null || signal === undefined) return () => {};
  if (signal.aborted) {
    then(signal.reason);
    return () => {};
  }
  const heard = () => then(signal.reason);
  signal.addEventListener('abort', heard, { once: true });
  return () => signal.removeEventListener('abort', heard);
}
