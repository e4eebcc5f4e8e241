import type { BuildOptions } from 'esbuild';

/** How esbuild makes code of the package that is run: the command's, and the players' which it starts. */
export declare const bundled: BuildOptions;
