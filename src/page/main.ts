import { button, byId, copying, h, say } from './dom.ts';
import { List } from './list.ts';
import { FIELD_NAMES, findBy, ORDERS, sorted } from './query.ts';
import { openStore } from './store.ts';

/** What the address of the page says: the query, the order, and the task that is open. */
interface State {
  q: string;
  sort: string;
  t: string | undefined;
}

const HELP = 'Keys: n the next failure, p the one before, / the query, Escape out of it.';

async function start(place: HTMLElement, tools: HTMLElement): Promise<void> {
  const store = await openStore();
  const rows = Array.from({ length: store.rows.length }, (_, i) => store.rows.at(i));
  const state: State = { q: '', sort: 'worst', t: undefined };
  const query = h('input', {
    type: 'search',
    id: 'query',
    placeholder: 'verdict:failed -tenant:…',
    'aria-describedby': 'help',
  });
  const order = h(
    'select',
    { id: 'order' },
    ...Object.entries(ORDERS).map(([value, text]) => h('option', { value }, text)),
  );
  const list = new List(store, place, (id, open) => {
    if (open) state.t = id;
    else if (state.t === id) state.t = undefined;
    remember();
  });

  function address(): string {
    const parts = [
      state.t,
      state.q && `q=${encodeURIComponent(state.q)}`,
      state.sort !== 'worst' && `sort=${state.sort}`,
    ];
    return `#${parts.filter(Boolean).join('&')}`;
  }
  function remember(): void {
    if ((location.hash || '#') !== address()) history.replaceState(null, '', address());
  }
  function show(): void {
    const finds = findBy(state.q);
    const found = rows.filter((row) => finds(row, store.run.drills[row.drill]?.name ?? ''));
    list.show(sorted(found, state.sort), state.t);
    document.querySelectorAll('.counters a').forEach((a) => {
      const here = decoded(a.getAttribute('href') ?? '') === `#q=${state.q}`;
      a.setAttribute('aria-current', String(here));
    });
  }
  /** As the address says; what it does not name is as it was before anybody chose. */
  function read(): void {
    const parts = location.hash.slice(1).split('&');
    const given = (name: string) => parts.find((part) => part.startsWith(`${name}=`));
    state.q = decoded(given('q')?.slice(2) ?? '');
    state.sort = given('sort')?.slice(5) ?? 'worst';
    const open = given('t');
    state.t = open;
    query.value = state.q;
    order.value = state.sort in ORDERS ? state.sort : 'worst';
    show();
    if (open !== undefined && !list.open(open) && rows.length > 0) {
      state.q = '';
      query.value = '';
      show();
      if (!list.open(open)) say('there is no such task in this run');
    }
  }
  function go(step: 1 | -1): void {
    const id = list.failure(state.t, step);
    if (id === undefined) say('nothing failed among these tasks');
    else if (list.open(id)) {
      state.t = id;
      remember();
    }
  }

  function choose(chosen: Partial<State>): void {
    Object.assign(state, chosen);
    show();
    if (!list.has(state.t)) state.t = undefined;
    remember();
  }

  query.addEventListener('input', () => choose({ q: query.value }));
  order.addEventListener('change', () => choose({ sort: order.value }));
  window.addEventListener('hashchange', () => {
    read();
    if (state.t === undefined) byId('tasks')?.scrollIntoView();
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
    if (typing && event.key === 'Escape') (event.target as HTMLElement).blur();
    if (typing) return;
    if (event.key === '/') {
      event.preventDefault();
      query.focus();
    } else if (event.key === 'n') go(1);
    else if (event.key === 'p') go(-1);
  });
  tools.replaceChildren(
    h('label', { for: 'query' }, 'Query '),
    query,
    ' ',
    h('label', { for: 'order' }, 'Order '),
    order,
    ' ',
    button('↑ failure', 'the failure before (p)', () => go(-1)),
    button('↓ failure', 'the next failure (n)', () => go(1)),
    h(
      'p',
      { id: 'help', class: 'soft' },
      `A query is words, or ${FIELD_NAMES.join(', ')} with a colon; a minus excludes. ${HELP}`,
    ),
    h('p', { id: 'status', role: 'status', class: 'soft' }),
  );
  document.querySelectorAll('.paste').forEach((line) => {
    const text = line.querySelector('code')?.textContent ?? '';
    line.append(
      ' ',
      copying('Copy', 'the line that runs it again', () => text),
    );
  });
  read();
  document.body.dataset['ready'] = 'yes';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const [place, tools] = [byId('list'), byId('tools')];
if (place !== null && tools !== null)
  start(place, tools).catch((error: unknown) => {
    tools.textContent = `The details of this page cannot be read: ${error instanceof Error ? error.message : String(error)}. The rows below are all there is.`;
  });
