export { type Crash, giveUp, onCrash, sayThrown } from './crash.ts';
export { DeadlockError, LivelockError } from './driver.ts';
export { createNodeFetch } from './node-fetch.ts';
export { asOurs, currentScope, type RealIo } from './place.ts';
export { destinationOf } from './route-network.ts';
export { installRoutes } from './routes.ts';
export { createDateClock, createWallClock, isoTime, momentOf, today, unguessable } from './wall-clock.ts';
export { createWallWorld, type WallWorld } from './wall-world.ts';
export { createVirtualWorld, type World, type WorldOptions } from './world.ts';
