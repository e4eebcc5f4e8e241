import type { BuildOptions, Plugin } from 'esbuild';

/** How esbuild makes a module of the package by itself. */
export declare const moduleOptions: BuildOptions;

/** How esbuild makes dist, or the same elsewhere: the command and its players, and the modules beside them. */
export declare function builds(dist: string, more?: Plugin[]): (BuildOptions & { metafile: true })[];

/** The text of the module that exports what the public API does. */
export declare function apiModule(api: object): string;
