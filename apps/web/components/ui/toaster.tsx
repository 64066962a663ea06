"use client";
/** Short messages in a corner: what happened, what is kept, what to do. At most three at a time. */
import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { type ReactNode, useCallback } from "react";

export interface Message {
  title: string;
  description?: string;
  tone?: "problem" | "plain";
}

export function Toaster({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider limit={3} timeout={7_000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-2 max-sm:bottom-18">
          <Messages />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

/** `tell({ title, description })` shows a message; problems are read aloud at once, the rest when there is a pause. */
export function useTell(): (message: Message) => void {
  const { add } = Toast.useToastManager();
  return useCallback(
    ({ title, description, tone = "plain" }) => {
      add({
        title,
        type: tone,
        priority: tone === "problem" ? "high" : "low",
        ...(description === undefined ? {} : { description }),
      });
    },
    [add],
  );
}

function Messages() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      swipeDirection={["right", "down"]}
      className="popup data-[type=problem]:border-l-4 data-[type=problem]:border-l-blocked data-limited:hidden"
    >
      <Toast.Content className="flex items-start gap-2 p-3">
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-list font-semibold" />
          <Toast.Description className="mt-0.5 text-list text-soft" />
        </div>
        <Toast.Close
          aria-label="Dismiss"
          className="press -m-1 min-h-7 px-1.5 text-faint hover:bg-hover hover:text-ink"
        >
          <X aria-hidden size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
