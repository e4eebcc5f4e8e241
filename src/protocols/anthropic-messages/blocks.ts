import { z } from 'zod';
import type { Image } from '../../core/model-call.ts';
import { fromUrl, isUrl, MEDIA_TYPES } from '../picture.ts';

export const Text = z.looseObject({ type: z.literal('text'), text: z.string().min(1) });

const AtUrl = z.looseObject({ type: z.literal('url'), url: z.string() });
const Uploaded = z.looseObject({ type: z.literal('file'), file_id: z.string() });
const base64 = <M extends readonly string[]>(types: M) =>
  z.looseObject({ type: z.literal('base64'), media_type: z.enum(types), data: z.string().min(1) });

export const Picture = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [base64(MEDIA_TYPES), AtUrl, Uploaded]),
});

const PDF = 'application/pdf';
const TXT = 'text/plain';

/** A document with a name and a remark, its text plain, in blocks or encoded; or one that the provider fetches. */
export const DocumentBlock = z.looseObject({
  type: z.literal('document'),
  title: z.string().nullish(),
  context: z.string().nullish(),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('text'), media_type: z.literal(TXT), data: z.string() }),
    z.looseObject({
      type: z.literal('content'),
      content: z.union([z.string(), z.array(z.discriminatedUnion('type', [Text, Picture]))]),
    }),
    base64([PDF, TXT]),
    AtUrl,
    Uploaded,
  ]),
});
type DocumentBlock = z.output<typeof DocumentBlock>;

export const SearchResult = z.looseObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(Text),
});

/** Stands apart from the texts around it. */
const apart = (...texts: (string | null | undefined)[]) => {
  const said = texts.filter((text) => text != null && text !== '');
  return said.length === 0 ? '' : `\n\n${said.join('\n')}\n\n`;
};

export const documentText = ({ title, context, source }: DocumentBlock) => apart(title, context, textIn(source));

export const searchResultText = ({ source, title, content }: z.output<typeof SearchResult>) =>
  apart(source, title, ...content.map(({ text }) => text));

function textIn(source: DocumentBlock['source']): string {
  if (source.type === 'text') return source.data;
  if (source.type === 'base64') return source.media_type === TXT ? Buffer.from(source.data, 'base64').toString() : '';
  if (source.type !== 'content') return '';
  if (typeof source.content === 'string') return source.content;
  return source.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
}

/** What of a document is known by its bytes, or by where it lies. */
export function documentBytes({ source }: DocumentBlock): Image[] {
  if (source.type === 'text' || (source.type === 'base64' && source.media_type === TXT)) return [];
  if (source.type !== 'content') return [pictureOf(source)];
  if (typeof source.content === 'string') return [];
  return source.content.flatMap((block) => (block.type === 'image' ? pictureOf(block.source) : []));
}

type Bytes = { type: 'base64'; media_type: string; data: string };

export function pictureOf(source: Bytes | z.output<typeof AtUrl> | z.output<typeof Uploaded>): Image {
  if (source.type === 'url') return fromUrl(source.url);
  if (source.type === 'file') return { media_type: '', data: source.file_id };
  return { media_type: source.media_type, data: source.data };
}

export function writePicture(image: Image): object {
  const { media_type, data } = image;
  return {
    type: media_type === PDF ? 'document' : 'image',
    source: isUrl(image) ? { type: 'url', url: data } : { type: 'base64', media_type, data },
  };
}
