// Questions before something is done. `confirm` names what will happen; the answer is a promise, so an action
// reads from top to bottom.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { createStore, useStore } from "../store/store";

/** What is asked. */
export type Question = {
  title: string;
  /** What will happen, to what and to how many processes. */
  body: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  /** Something ends or is lost. */
  danger?: boolean;
};

type Asked = Question & { answer(yes: boolean): void };
const asked = createStore<{ question: Asked | undefined }>({ question: undefined });

/** Asks, and tells whether to go on. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise((answer) => {
    asked.get().question?.answer(false);
    asked.set({ question: { ...question, answer } });
  });
}

/** Where questions appear; once in the frame. */
export function Dialogs() {
  const question = useStore(asked, (value) => value.question);
  if (!question) return null;
  const answer = (yes: boolean): void => {
    asked.set({ question: undefined });
    question.answer(yes);
  };
  return (
    <Dialog title={question.title} close={() => answer(false)} submit={() => answer(true)}>
      <div>{question.body}</div>
      <footer>
        <button type="button" class="button" autofocus onClick={() => answer(false)}>Cancel</button>
        <button type="submit" class={`button primary ${question.danger ? "danger" : ""}`}>{question.action}</button>
      </footer>
    </Dialog>
  );
}

/** A dialog of any contents; Escape closes it. `submit` is called by its submit button. */
export function Dialog(props: { title: string; close(): void; submit?(): void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    // The element that asked gets the focus back, if it is still there.
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
      onClick={(event) => event.target === element.current && props.close()}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          props.submit?.();
        }}
      >
        <h2>{props.title}</h2>
        {props.children}
      </form>
    </dialog>
  );
}
