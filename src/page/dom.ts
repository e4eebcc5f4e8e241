import { visible } from '../text/visible.ts';

type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** An element. Texts are texts, whatever they hold: nothing here makes markup of one. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : visible(String(value)));
  }
  element.append(...nodesOf(children));
  return element;
}

export const nodesOf = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    return [typeof child === 'object' ? child : visible(String(child))];
  });

export const byId = (id: string): HTMLElement | null => document.getElementById(id);

/** Tells what happened to whoever does not see it. */
export function say(text: string): void {
  const status = byId('status');
  if (status !== null) status.textContent = visible(text);
}

export const button = (text: string, title: string, click: () => void): HTMLButtonElement =>
  h('button', { type: 'button', title, click }, text);

export const copying = (text: string, title: string, words: () => string): HTMLButtonElement =>
  button(text, title, () => {
    copy(words()).then(
      () => say(`copied: ${title}`),
      () => say('this browser did not let it be copied'),
    );
  });

/** The clipboard's own way needs a secure page, which a file is not everywhere. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = h('textarea', { 'aria-hidden': 'true', class: 'away' });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('not copied');
}
