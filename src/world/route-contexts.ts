import vm from 'node:vm';
import { route } from './route.ts';
import { routeRandom } from './route-chance.ts';
import { routeDate, routeIntl } from './route-time.ts';

/** A context of `node:vm` has a time and a chance of its own, which are routed like ours. */
export function routeContexts(): void {
  const { createContext, isContext } = vm;
  const create = (...args: Parameters<typeof createContext>): vm.Context => {
    const [object] = args;
    const given = typeof object === 'object' ? object : {};
    // What the caller brings along is its own business, and is routed where it was made.
    const own = isContext(given) ? [] : ['Date', 'Intl', 'Math'].filter((name) => !(name in given));
    const context = createContext(...args);
    if (own.length === 0) return context;
    const realm: typeof globalThis = vm.runInContext('globalThis', context);
    if (own.includes('Date')) routeDate(realm);
    if (own.includes('Intl')) routeIntl(realm);
    if (own.includes('Math')) routeRandom(realm.Math);
    return context;
  };
  route(vm, 'createContext', create);
  // Node's own would make their context without the routes.
  route(
    vm.Script.prototype,
    'runInNewContext',
    function (this: vm.Script, contextObject?: vm.Context, options?: vm.RunningScriptInNewContextOptions) {
      return this.runInContext(create(contextObject, contextOptions(options)), options);
    },
  );
  route(
    vm,
    'runInNewContext',
    (code: string, contextObject?: vm.Context, options?: vm.RunningCodeInNewContextOptions | string) => {
      const given = typeof options === 'string' ? { filename: options } : options;
      return vm.runInContext(code, create(contextObject, contextOptions(given)), given);
    },
  );
}

/** Options of a run that makes a context, as the context wants them. */
function contextOptions(options: vm.RunningScriptInNewContextOptions = {}): vm.CreateContextOptions {
  const { contextName: name, contextOrigin: origin, contextCodeGeneration: codeGeneration, microtaskMode } = options;
  return Object.fromEntries(
    Object.entries({ name, origin, codeGeneration, microtaskMode }).filter(([, value]) => value !== undefined),
  );
}
