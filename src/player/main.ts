import { installRoutes } from '../world/routes.ts';

/** Plays one world; `onEnd` is called before the process ends. */
export async function play(onEnd: () => void): Promise<void> {
  // Before anything else can keep an original.
  installRoutes();
  const { serve } = await import('./serve.ts');
  await serve(onEnd);
}
