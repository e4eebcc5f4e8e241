/** The reference failover with one thing left out: what a hurried change to it might look like. */
export interface Mutant {
  name: string;
  /** In `src/runtime`. */
  file: string;
  /** Stands in one line of the file, and nowhere else in it. */
  find: string;
  replace: string;
  /** The shipped drill that finds it out, and the check whose finding that is. */
  drill: string;
  check: string;
}

export const MUTANTS: Mutant[] = [
  {
    name: 'a user who leaves counts as a failure of the role',
    file: 'failover.ts',
    find: 'await call().catch((error) => {',
    replace: "await call().catch((error) => { permit.failure('timeout');",
    drill: 'user_leaves',
    check: 'fails-back',
  },
  {
    name: 'calls do not hear that the user left',
    file: 'failover.ts',
    find: 'await adapter.call(request, signal)',
    replace: 'await adapter.call(request)',
    drill: 'user_leaves',
    check: 'stops-when-left',
  },
  {
    name: 'one clock over a whole stream',
    file: 'adapter.ts',
    find: 'if (stream && parts.some(isPiece)) goesOn?.();',
    replace: '',
    drill: 'timeout_primary',
    check: 'lets-streams-flow',
  },
  {
    name: 'no deadline split',
    file: 'failover.ts',
    find: 'clock.now() + Math.floor((until - clock.now()) / (left.length + 1))',
    replace: 'until',
    drill: 'no_tool_support',
    check: 'fails-over',
  },
  {
    name: 'no jitter',
    file: 'failover.ts',
    find: 'Math.floor((1 + walk.random.next()) * (longestBackoff / 2))',
    replace: 'longestBackoff',
    drill: 'rate_limit_burst',
    check: 'backs-off',
  },
  {
    name: 'two repairs',
    file: 'failover.ts',
    find: 'tries >= contract.retries)',
    replace: "tries >= contract.retries + (mode === 'schema_error' ? 1 : 0))",
    drill: 'invalid_schema_backup',
    check: 'repairs-once',
  },
  {
    name: 'repair with a fresh prompt',
    file: 'failover.ts',
    find: 'return { ...payload, messages };',
    replace: 'return { ...payload, messages: messages.slice(-1) };',
    drill: 'invalid_schema_backup',
    check: 'repairs-once',
  },
  {
    name: 'budget not checked on the backup',
    file: 'failover.ts',
    find: 'if (walk.budget !== undefined && booking === undefined) {',
    replace: "if (walk.budget !== undefined && booking === undefined && role === 'primary') {",
    drill: 'rate_limit_burst',
    check: 'stays-in-tenant-budget',
  },
  {
    name: 'no idempotency key',
    file: 'acting.ts',
    find: 'rule.write ? { idempotency_key } : {}',
    replace: '{}',
    drill: 'all_models_down',
    check: 'acts-once',
  },
  {
    name: 'approval silence taken as yes',
    file: 'story.ts',
    find: '    approve,',
    replace:
      "    approve: (a) => approve(a).then((said) => (said === 'silence' && whole.role !== 'primary' ? 'granted' : said)),",
    drill: 'invalid_schema_backup',
    check: 'asks-approval',
  },
  {
    name: 'notice false',
    file: 'notice.ts',
    find: "limits('I am temporarily in a limited mode, so this answer may be less thorough than usual.')",
    replace: "says('Everything works as usual.', { works: 'all' })",
    drill: 'timeout_primary',
    check: 'notice-is-true',
  },
  {
    name: 'no failback',
    file: 'breaker.ts',
    find: "if (current.state === 'half-open' || now() - current.since < cooldownMs) return undefined;",
    replace: 'if (cooldownMs >= 0) return undefined;',
    drill: 'timeout_primary',
    check: 'fails-back',
  },
  {
    name: 'no reserve',
    file: 'reference.ts',
    find: 'reserved: 3',
    replace: 'reserved: 0',
    drill: 'rate_limit_burst',
    check: 'reserves-for-high',
  },
  {
    name: 'gate skipped on the backup',
    file: 'failover.ts',
    find: 'failureModeOf(result) ?? breach(result, contract)',
    replace: "failureModeOf(result) ?? (role === 'primary' ? breach(result, contract) : null)",
    drill: 'citation_quality_drop',
    check: 'claims-only-what-sources-say',
  },
  {
    name: 'safety block routed around',
    file: 'policy.ts',
    find: 'safety_block: { retry: false, failover: false',
    replace: 'safety_block: { retry: false, failover: true',
    drill: 'all_models_down',
    check: 'heeds-refusals',
  },
  {
    name: 'a tenant’s data sent anywhere',
    file: 'reference.ts',
    find: "maySee(task, role, around.roles) ? ask.payload(role) : 'regional_access'",
    replace: 'ask.payload(role)',
    drill: 'invalid_schema_backup',
    check: 'stays-in-region',
  },
];
