/**
 * Whether styles can be given to a shadow root without a `style` element, which the content security policy forbids:
 * the editor of CodeMirror needs it. Safari has it from 16.4 on.
 */
export function canAdoptStyles(): boolean {
  try {
    return 'adoptedStyleSheets' in ShadowRoot.prototype && new CSSStyleSheet().cssRules.length === 0;
  } catch {
    return false;
  }
}
