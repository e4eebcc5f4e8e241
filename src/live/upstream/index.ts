export { UpstreamFailure, UpstreamRefused } from './failures.ts';
export {
  openUpstream,
  type Upstream,
  type UpstreamOptions,
  type UpstreamReply,
  type UpstreamRoute,
  type Wanted,
} from './upstream.ts';
