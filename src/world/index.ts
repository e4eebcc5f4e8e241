export { createNodeFetch } from './node-fetch.ts';
export { currentScope, type RealIo } from './place.ts';
export { installRoutes } from './routes.ts';
export { createWallClock, isoTime } from './wall-clock.ts';
export { createVirtualWorld, type WorldOptions } from './world.ts';
