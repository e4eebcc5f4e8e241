import { installRoutes } from '../world/routes.ts';

// Before anything else can keep an original.
installRoutes();
const { serve } = await import('./serve.ts');
await serve();
