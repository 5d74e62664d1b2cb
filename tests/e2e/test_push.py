# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reminders as notifications: the browser's service worker is real, its vendor's push service is a stand-in (none can be reached)."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Worker, expect

# What the browser's own push service would hand out. The keys are those of the example in RFC 8291, section 5.
SUBSCRIBE = """
const endpoint = 'https://fcm.googleapis.com/fcm/send/' + crypto.randomUUID();
const keys = {
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
};
let current = null;
window.asked = [];
Notification.requestPermission = async () => (window.asked.push(navigator.userActivation.isActive), 'granted');
PushManager.prototype.subscribe = async (options) => {
  window.key = options.applicationServerKey.length;
  return (current = { endpoint, toJSON: () => ({ endpoint, keys }), unsubscribe: async () => !(current = null) });
};
PushManager.prototype.getSubscription = async () => current;
"""


def worker(page: Page) -> Worker:
    """The page's service worker."""
    found = page.context.service_workers
    return found[0] if found else page.context.wait_for_event("serviceworker")


def turn_on(page: Page) -> None:
    page.get_by_test_id("account").click()
    expect(page.get_by_test_id("reminders")).to_contain_text("Off")
    assert page.evaluate("window.asked") == []
    with page.expect_response("**/api/push/subscriptions") as answer:
        page.get_by_test_id("reminders").click()
    assert answer.value.ok, answer.value.text()
    expect(page.get_by_test_id("reminders")).to_contain_text("On")


def test_reminders_are_turned_on_and_off_by_a_click_with_a_stand_in_for_the_push_service(home: Page) -> None:
    home.add_init_script(SUBSCRIBE)
    home.reload()
    turn_on(home)
    # Asked once, on the click, with the key that the backend gave at run time.
    assert home.evaluate("[window.asked, window.key]") == [[True], 65]
    with home.expect_response("**/api/push/subscriptions") as answer:
        home.get_by_test_id("reminders").click()
    assert (answer.value.request.method, answer.value.ok) == ("DELETE", True)
    expect(home.get_by_test_id("reminders")).to_contain_text("Off")


def test_a_notification_opens_its_todo_with_a_stand_in_for_the_push_service(home: Page, url: str) -> None:
    home.get_by_test_id("new-todo").fill("Call Grace")
    home.get_by_test_id("add-todo").click()
    expect(home.get_by_test_id("todo-toggle")).to_be_enabled()
    todo = home.request.get("/api/todos").json()["items"][0]
    home.context.grant_permissions(["notifications"], origin=url)
    home.add_init_script(SUBSCRIBE)
    home.reload()
    turn_on(home)
    home.keyboard.press("Escape")

    payload = {"kind": "reminder", "title": "Call Grace", "body": "Due today", "tag": "t", "todo_id": todo["id"]}
    shown = worker(home).evaluate(
        """async (payload) => {
            const event = new PushEvent('push', { data: payload });
            let work;
            event.waitUntil = (promise) => (work = promise);
            self.dispatchEvent(event);
            await work;
            const [notification] = await self.registration.getNotifications();
            return { title: notification.title, body: notification.body, data: notification.data };
        }""",
        json.dumps(payload),
    )
    assert shown == {"title": "Call Grace", "body": "Due today", "data": {"todo_id": todo["id"]}}
    worker(home).evaluate(
        """async () => {
            const [notification] = await self.registration.getNotifications();
            self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
        }"""
    )
    expect(home.get_by_test_id("edit-title")).to_have_value("Call Grace")


def test_an_address_opens_its_todo(home: Page) -> None:
    home.get_by_test_id("new-todo").fill("Call Grace")
    home.get_by_test_id("add-todo").click()
    expect(home.get_by_test_id("todo-toggle")).to_be_enabled()
    todo = home.request.get("/api/todos").json()["items"][0]
    home.goto(f"/?todo={todo['id']}")
    expect(home.get_by_test_id("edit-title")).to_have_value("Call Grace")
    assert home.url.endswith("/")
