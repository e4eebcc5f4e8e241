import { z } from 'zod';

// To make code for each schema takes a run longer than to go without; what is parsed is the same.
z.config({ jitless: true });
