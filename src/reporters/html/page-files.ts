import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Html, html } from './escape.ts';

/** The script and the style of the page, as the build made them of `src/page`. */
export function pageFiles(): { script: string; style: string } {
  const root = dirname(createRequire(import.meta.url).resolve('failover-drill/package.json'));
  const read = (name: string) => readFileSync(join(root, 'dist/page', name), 'utf8').trim();
  return { script: read('main.js'), style: read('page.css') };
}

/** The beginning of a page, up to its body. One without a script may run none. */
export function documentHead(title: string, files: { script?: string; style: string }): string {
  const meta = html`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${new Html(policyFor(files))}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,"><title>${title}</title>`;
  return `<!doctype html>\n<html lang="en"><head>${meta.text}<style>${files.style}</style></head><body>\n`;
}

/** What the page may do: run this script, show this style, and reach nobody. */
function policyFor({ script, style }: { script?: string; style: string }): string {
  const hashed = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${hashed(script)}`]),
    `style-src ${hashed(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
