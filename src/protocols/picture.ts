import type { Image } from '../core/model-call.ts';

/** What both APIs take. */
export const MEDIA_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;

const INLINE = /^data:([\w/+.-]+);base64,(.*)$/s;

/** A picture from its URL: one that holds it, or one where the provider finds it. */
export function fromUrl(url: string): Image {
  const [, media_type = '', data = url] = INLINE.exec(url) ?? [];
  return { media_type, data };
}

/** Whether the provider is to fetch it. */
export const isUrl = ({ media_type }: Image): boolean => media_type === '';

export const toUrl = (image: Image): string =>
  isUrl(image) ? image.data : `data:${image.media_type};base64,${image.data}`;
