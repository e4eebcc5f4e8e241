/** A terminal of which parts can be drawn anew. */
export interface Screen {
  stdout: NodeJS.WriteStream;
  /** Where keys come from: made on first use, for it may be read by nobody else from then on. */
  stdin(): NodeJS.ReadStream;
  /** What Ctrl-C does. */
  interrupt(): void;
  /** While something is drawn: takes what is written to one of the streams, and puts it where it does no harm. */
  taken: ((text: string, to: 'stdout' | 'stderr') => void) | undefined;
}
