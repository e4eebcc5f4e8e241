import { z } from 'zod';
import { isRecord, type Json } from '../../text/json.ts';
import { camelCase } from './schema.ts';

/** Fields that are known and not looked into. */
const others = <K extends string>(...names: K[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()])) as Record<K, z.ZodOptional<z.ZodUnknown>>;

/** A record of zod's own would lose a key called __proto__. */
const Struct = z.custom<Json>(isRecord, 'expected an object');

export const Part = z.strictObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.looseObject({ mimeType: z.string().optional(), fileUri: z.string() }).optional(),
  functionCall: z
    .strictObject({
      id: z.string().optional(),
      name: z.string(),
      args: Struct.optional(),
      ...others('partialArgs', 'willContinue'),
    })
    .optional(),
  functionResponse: z
    .strictObject({
      id: z.string().optional(),
      name: z.string(),
      response: Struct.optional(),
      ...others('parts', 'scheduling', 'willContinue'),
    })
    .optional(),
  ...others(
    ...(['executableCode', 'codeExecutionResult', 'videoMetadata', 'mediaResolution', 'partMetadata'] as const),
    ...(['toolCall', 'toolResponse', 'audioTranscription', 'mediaProcessing', 'speechMetadata'] as const),
  ),
});
export type Part = z.output<typeof Part>;

export const Content = z.strictObject({ role: z.string().optional(), parts: z.array(Part).optional() });
export type Content = z.output<typeof Content>;

const Declared = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  parameters: Struct.optional(),
  parametersJsonSchema: Struct.optional(),
  ...others('behavior', 'response', 'responseJsonSchema'),
});

const Tool = z.strictObject({
  functionDeclarations: z.array(Declared).optional(),
  ...others(
    ...(['googleSearch', 'googleSearchRetrieval', 'codeExecution', 'urlContext', 'fileSearch', 'computerUse'] as const),
    ...(['googleMaps', 'retrieval', 'enterpriseWebSearch', 'exaAiSearch', 'parallelAiSearch', 'mcpServers'] as const),
  ),
});

const GenerationConfig = z.strictObject({
  maxOutputTokens: z.number().int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  responseMimeType: z.string().optional(),
  responseSchema: Struct.optional(),
  responseJsonSchema: Struct.optional(),
  thinkingConfig: z.looseObject({ includeThoughts: z.boolean().optional() }).optional(),
  ...others(
    ...(['stopSequences', 'candidateCount', 'topP', 'topK', 'seed', 'presencePenalty', 'frequencyPenalty'] as const),
    ...(['responseLogprobs', 'logprobs', 'responseModalities', 'mediaResolution', 'speechConfig'] as const),
    ...(['imageConfig', 'audioTimestamp', 'audioTranscriptionConfig', 'enableEnhancedCivicAnswers'] as const),
    ...(['routingConfig', 'modelSelectionConfig', 'responseFormat', 'enableAffectiveDialog'] as const),
    ...(['translationConfig'] as const),
  ),
});

/** Checked field by field: Google turns away whatever name it does not know. */
export const Body = z.strictObject({
  contents: z.array(Content).optional(),
  systemInstruction: Content.optional(),
  tools: z.array(Tool).optional(),
  toolConfig: z
    .looseObject({
      functionCallingConfig: z
        .looseObject({ mode: z.string().optional(), allowedFunctionNames: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
  generationConfig: GenerationConfig.optional(),
  ...others('model', 'safetySettings', 'cachedContent', 'labels', 'serviceTier', 'store', 'continuationToken'),
});
export type Body = z.output<typeof Body>;

/** Values of a caller's own: their keys are not this API's. */
const OWN = new Set([
  ...['args', 'response', 'parameters', 'parametersJsonSchema', 'responseSchema', 'responseJsonSchema'],
  ...['responseFormat', 'labels', 'partMetadata'],
]);

const KNOWN = new Set(
  [Body, Content, Part, Tool, Declared, GenerationConfig]
    .flatMap(({ shape }) => Object.keys(shape))
    .concat('mimeType', 'fileUri', 'includeThoughts', 'functionCallingConfig', 'allowedFunctionNames'),
);

/** Names may be written in camelCase or in snake_case; one that is not known stays as it was sent. Null says nothing. */
export function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const key = KNOWN.has(camelCase(name)) ? camelCase(name) : name;
    return inner === null ? [] : [[key, OWN.has(key) ? inner : inCamelCase(inner)]];
  });
  return Object.fromEntries(entries);
}
