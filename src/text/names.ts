/** `gpt-5-mini` does not name the model `gpt-5`, nor `gpt-4.1` the model `gpt-4`, and `order_1042` is not `order_104`. */
export function names(text: string, name: string): boolean {
  if (name === '') return false;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/[\w-]/.test(text[at - 1] ?? '') && !/^(?:[\w-]|\.\d)/.test(after)) return true;
  }
  return false;
}
