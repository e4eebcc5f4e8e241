/** A terminal of which parts can be drawn anew. */
export interface Screen {
  stdout: NodeJS.WriteStream;
  /** Where keys come from: made on first use, for it may be read by nobody else from then on. */
  stdin(): NodeJS.ReadStream;
  /** What Ctrl-C does. */
  interrupt(): void;
  /** What Ctrl-Z does; `resumed` is called when the run goes on. */
  suspend(resumed: () => void): void;
  /** The terminal is this run's: one in the background is stopped where it reads keys. */
  isOurs(): boolean;
  /** While something is drawn: takes what is written to one of the streams, and puts it where it does no harm. */
  taken: ((text: string, to: 'stdout' | 'stderr') => void) | undefined;
}
