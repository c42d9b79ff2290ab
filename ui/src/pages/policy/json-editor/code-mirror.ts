import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxTree } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import type { PolicyProblem } from '../../../lib/bindings/PolicyProblem';
import { segments } from '../../../lib/hostile/visible';
import { t } from '../../../lib/messages';
import { completePolicy, type Known } from './completion';
import { policyTheme } from './theme';

export interface Options {
  text: string;
  readonly: boolean;
  label: string;
  description: string;
  known: Known;
  onchange: (text: string) => void;
}

/** An editor in a shadow root, with the least that its frame asks of it. */
export interface Editor {
  setText(text: string): void;
  setReadonly(readonly: boolean): void;
  setProblems(problems: readonly PolicyProblem[], warnings: readonly PolicyProblem[]): void;
  /** Goes to a place: line and character, both from 1. */
  reveal(line: number, column: number): void;
  focus(): void;
  destroy(): void;
}

/** Marks a change that did not come from the keyboard. */
const fromOutside = Annotation.define<boolean>();

export function openEditor(parent: ShadowRoot, options: Options): Editor {
  const readonly = new Compartment();
  const readonlyNow = (is: boolean) => [
    EditorState.readOnly.of(is),
    EditorView.contentAttributes.of({ 'aria-readonly': String(is) }),
  ];
  const view = new EditorView({
    root: parent,
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorState.phrases.of(t.policy.editor.phrases),
        EditorState.tabSize.of(2),
        indentUnit.of('  '),
        lintGutter(),
        lineNumbers(),
        foldGutter(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [completePolicy(options.known)], icons: false, maxRenderedOptions: 60 }),
        json(),
        policyTheme,
        readonly.of(readonlyNow(options.readonly)),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': options.label,
          'aria-description': options.description,
          'data-testid': 'policy-json',
        }),
        // Tab indents; the library lets Tab leave after Escape.
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...foldKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || update.transactions.some((one) => one.annotation(fromOutside) === true)) return;
          options.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });

  return {
    setText(text) {
      const old = view.state.doc.toString();
      if (old === text) return;
      view.dispatch({ changes: changeOf(old, text), annotations: fromOutside.of(true) });
    },
    setReadonly(is) {
      if (view.state.readOnly !== is) view.dispatch({ effects: readonly.reconfigure(readonlyNow(is)) });
    },
    setProblems(problems, warnings) {
      const all = [
        ...problems.map((problem) => diagnostic(view.state, problem, 'error')),
        ...warnings.map((problem) => diagnostic(view.state, problem, 'warning')),
      ];
      view.dispatch(
        setDiagnostics(
          view.state,
          all.sort((a, b) => a.from - b.from),
        ),
      );
    },
    reveal(line, column) {
      const anchor = offsetOf(view.state, line, column);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** The smallest single change, so that cursor and folds stay where they are. */
export function changeOf(old: string, text: string): { from: number; to: number; insert: string } {
  let head = 0;
  while (head < old.length && head < text.length && old[head] === text[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < text.length - head &&
    old[old.length - 1 - tail] === text[text.length - 1 - tail]
  )
    tail += 1;
  return { from: head, to: old.length - tail, insert: text.slice(head, text.length - tail) };
}

/** Lines and characters are counted from 1; a character may take two units of the text. */
function offsetOf(state: EditorState, line: number, column: number): number {
  const { from, text } = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  return from + [...text].slice(0, Math.max(0, column - 1)).join('').length;
}

function diagnostic(state: EditorState, problem: PolicyProblem, severity: 'error' | 'warning'): Diagnostic {
  const from = offsetOf(state, problem.line, problem.column);
  const node = syntaxTree(state).resolveInner(from, 1);
  const line = state.doc.lineAt(from);
  const to = node.from === from ? Math.min(node.to, line.to) : Math.min(from + 1, line.to);
  return { from, to: Math.max(from, to), severity, message: visible(problem.message) };
}

/** A message may quote the text: what hides in it is named. */
const visible = (text: string): string =>
  segments(text)
    .map((segment) => (segment.kind === 'text' ? segment.text : segment.kind === 'newline' ? ' ' : segment.label))
    .join('');
