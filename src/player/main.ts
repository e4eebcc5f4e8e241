import { tuneEngine } from '../world/engine.ts';
import { installRoutes } from '../world/routes.ts';

tuneEngine();
// Before anything else can keep an original.
installRoutes();
const { serve } = await import('./serve.ts');
await serve();
