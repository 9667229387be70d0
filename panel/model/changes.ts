/** Which view of the model is no longer what it was; the reader fetches the new one when it gets to it. */
export type Change =
  | { readonly view: 'detector'; readonly id: number }
  | { readonly view: 'floor'; readonly floor: number }
  | { readonly view: 'incident'; readonly id: string }
  | { readonly view: 'lamp'; readonly lamp: string };

export type ChangeListener = (change: Change) => void;
