import { codeOf } from '../../core/errors.ts';
import { NetworkFailure } from '../../core/wire.ts';

/** The provider, or the way to it, broke. */
export class UpstreamFailure extends NetworkFailure {
  /** Not a byte of the request has left this machine. */
  readonly notSent: boolean;
  /** The system's word for it, e.g. ENOTFOUND. The whole error may hold bytes of a reply, and a key in them. */
  readonly code: string | undefined;
  constructor(how: NetworkFailure['how'], notSent: boolean, error?: unknown) {
    super(how);
    this.name = 'UpstreamFailure';
    this.notSent = notSent;
    this.code = codeOf(error) || undefined;
  }
}

/** What we do not do, though the network would. Neither sentence holds a key. */
export class UpstreamRefused extends Error {
  /** One sentence without its full stop. */
  readonly why: string;
  /** What can be done about it. */
  readonly fix: string;
  /** Not a byte of the request has left this machine. */
  readonly notSent: boolean;
  constructor(why: string, fix: string, notSent = true) {
    super(why);
    this.name = 'UpstreamRefused';
    this.why = why;
    this.fix = fix;
    this.notSent = notSent;
  }
}
