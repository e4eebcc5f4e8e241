/**
 * The machine's own time and chance, taken before anything is routed. Own code that must stay real
 * (the driver, the wall clock) uses these, so that it works the same inside and outside a world.
 */
export const originals = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  fetch: globalThis.fetch,
  abortTimeout: AbortSignal.timeout.bind(AbortSignal),
  dateNow: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
  hrtime: process.hrtime.bind(process),
  hrtimeBigint: process.hrtime.bigint.bind(process.hrtime),
  uptime: process.uptime.bind(process),
  random: Math.random,
  queueMicrotask: globalThis.queueMicrotask,
  exit: process.exit.bind(process),
  abort: process.abort.bind(process),
};
