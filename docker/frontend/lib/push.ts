/** Reminders as notifications: permission, the browser's subscription, and telling the backend of it. */
import { ApiError, call } from './http';

/** `off` and `on` are the user's choice; the others say why there is none. */
export type PushState = 'off' | 'on' | 'blocked' | 'unsupported' | 'not-offered';

/** How things are, without asking the user anything. */
export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'unsupported';
  if ((await publicKey()) === null) return 'not-offered';
  if (Notification.permission === 'denied') return 'blocked';
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ? 'on' : 'off';
}

/** Asks for permission, so only ever call it on a click. */
export async function turnOn(): Promise<PushState> {
  const key = await publicKey();
  if (key === null) return 'not-offered';
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') return permission === 'denied' ? 'blocked' : 'off';
  await navigator.serviceWorker.register('/sw.js');
  const registration = await navigator.serviceWorker.ready;
  const subscription = await subscribe(registration.pushManager, decodeKey(key));
  const { endpoint, keys } = subscription.toJSON();
  try {
    await call('POST', '/api/push/subscriptions', { endpoint, keys, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  } catch (error) {
    // The browser and the backend must not disagree on whether reminders come.
    await subscription.unsubscribe();
    throw error;
  }
  return 'on';
}

export async function turnOff(): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) {
    await call('DELETE', '/api/push/subscriptions', { endpoint: subscription.endpoint }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
    await subscription.unsubscribe();
  }
  return 'off';
}

async function subscribe(manager: PushManager, key: Uint8Array<ArrayBuffer>): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    // A subscription made with an older key stands in the way of a new one.
    const old = await manager.getSubscription();
    if (!old) throw error;
    await old.unsubscribe();
    return await manager.subscribe(options);
  }
}

async function publicKey(): Promise<string | null> {
  try {
    return (await call<{ public_key: string }>('GET', '/api/push/key')).public_key;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Base64url, as VAPID keys are written, to bytes. */
export function decodeKey(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
