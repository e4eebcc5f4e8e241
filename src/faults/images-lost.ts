import { imagesIn, type ModelCall } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { recite } from './citations.ts';
import { rewriting } from './rewriting.ts';

/** Every word of a call, and none of its pictures. */
function blind(call: ModelCall): ModelCall {
  return { ...call, messages: call.messages.map(({ images, ...message }) => message) };
}

export const imagesLost = defineMeaningFault({
  name: 'images-lost',
  summary: 'The request is taken with its pictures and the model sees none: its answer no longer rests on them.',
  effect: 'cheapens',
  needs: 'images',
  feature: 'citations',
  drill: 'citation_quality_drop',
  open: () => (call, next, around) => {
    const sent = imagesIn(call).map((image) => image.data);
    if (sent.length === 0) return next(call);
    const unseen = rewriting(({ text }, _, { script: { sources } }) => {
      const lost = sources.filter(({ image }) => image !== undefined && sent.includes(image.data)).map((s) => s.id);
      const known = sources.map((s) => s.id);
      const said = recite(text, known, (id) => (lost.includes(id) ? undefined : id));
      return { did: `none of ${sent.length} picture${sent.length === 1 ? '' : 's'} was seen`, text: said };
    });
    return unseen(blind(call), next, around);
  },
});
