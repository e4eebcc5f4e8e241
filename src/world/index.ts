export type { Scope } from '../core/stand.ts';
export { DeadlockError, LivelockError } from './driver.ts';
export { createNodeFetch } from './node-fetch.ts';
export { currentScope, type RealIo } from './place.ts';
export { installRoutes, routesInstalled } from './routes.ts';
export { type Timer, VirtualClock } from './virtual-clock.ts';
export { createWallClock, isoTime } from './wall-clock.ts';
export { createVirtualWorld, type World, type WorldOptions } from './world.ts';
