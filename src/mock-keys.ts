import type { Role, Roles } from './core/declaration.ts';
import { type Protocol, protocolOf } from './core/protocol.ts';
import { mockKey } from './stand/route.ts';

/** In mocked mode no real key can leave: every key a client may look for is a dummy, until it is restored. */
export class MockKeys {
  readonly #before = new Map<string, string | undefined>();
  readonly #protocols: readonly Protocol[];

  constructor(protocols: readonly Protocol[]) {
    this.#protocols = protocols;
  }

  /** Says whether there was another key in the place of one. */
  set(...all: Roles[]): boolean {
    const roles = all.flatMap((some) => Object.values(some));
    const others = [...dummiesFor(roles, this.#protocols)].filter(([name, key]) => process.env[name] !== key);
    for (const [name, key] of others) {
      if (!this.#before.has(name)) this.#before.set(name, process.env[name]);
      process.env[name] = key;
    }
    return others.length > 0;
  }

  restore(): void {
    for (const [name, value] of this.#before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** What stands for a key in each variable in which a client of these roles may look for one. */
function dummiesFor(roles: readonly Role[], protocols: readonly Protocol[]): Map<string, string> {
  const dummies = new Map(roles.flatMap((role) => (role.key_env === undefined ? [] : [[role.key_env, mockKey(role)]])));
  for (const role of roles)
    for (const [key, when] of Object.entries(protocolOf(protocols, role)?.keyEnvs ?? {}))
      if (!dummies.has(key) && (when === 'always' || process.env[key] !== undefined)) dummies.set(key, mockKey(role));
  return dummies;
}
