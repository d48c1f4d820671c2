//! A small company that makes an app for bicycle couriers, in Russian and English.

use crate::domain::Kind::{self, General, Group, Private};

/// Somebody: username, and the name that they are shown as. The first one is the administrator.
pub(super) const PEOPLE: [(&str, &str); 8] = [
    ("anna", "Анна Соколова"),
    ("oliver", "Oliver Grant"),
    ("timur", "Тимур Галиев"),
    ("sofia", "Sofia Moreau"),
    ("dasha", "Даша Климова"),
    ("ben", "Ben Okafor"),
    ("kirill", "Кирилл Яшин"),
    ("mei", "Mei Tanaka"),
];

/// A conversation, and what was said in it.
pub(super) struct DemoChat {
    /// Of a group; a private conversation has none, and General has its own.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// By their places in [`PEOPLE`]; the first one founds it.
    pub(super) members: &'static [usize],
    pub(super) talk: &'static [DemoMessage],
    /// How many of the last messages the administrator has not read.
    pub(super) unread: usize,
}

/// A message: how many minutes after the one before, by whom, what; and what became of it.
pub(super) struct DemoMessage(
    pub(super) i64,
    pub(super) usize,
    pub(super) &'static str,
    pub(super) FollowUp,
);

/// What became of a message after it was posted.
#[derive(Clone, Copy, Debug)]
pub(super) enum FollowUp {
    Nothing,
    /// It was an answer to the one so many before.
    Answers(usize),
    /// These people reacted.
    Liked(&'static str, &'static [usize]),
    Pinned,
    /// It says this now.
    Edited(&'static str),
    Deleted,
}

use FollowUp::{Answers, Deleted, Edited, Liked, Nothing, Pinned};

pub(super) const CHATS: &[DemoChat] = &[
    DemoChat {
        name: "",
        kind: General,
        members: &[],
        unread: 1,
        talk: &[
            DemoMessage(
                0,
                0,
                "Всем доброе утро! Теперь мы все здесь: старый чат до пятницы только для чтения.",
                Liked("👍", &[1, 2, 4, 6]),
            ),
            DemoMessage(
                3,
                0,
                "Good morning, everybody! We are all here now; the old chat is read-only until Friday.",
                Pinned,
            ),
            DemoMessage(
                41,
                3,
                "Love it. **One** place for both offices at last.",
                Liked("❤️", &[0, 7]),
            ),
            DemoMessage(
                1_260,
                4,
                "Напоминаю: в четверг в 16:00 показываем новую карту. Приходите или подключайтесь 🚲",
                Nothing,
            ),
            DemoMessage(
                12,
                1,
                "@all the demo on Thursday will be recorded for those on the road.",
                Nothing,
            ),
        ],
    },
    DemoChat {
        name: "Карта и маршруты",
        kind: Group,
        members: &[0, 2, 4, 6, 7],
        unread: 3,
        talk: &[
            DemoMessage(
                0,
                2,
                "Пересчитал граф велодорожек по новым данным. Стало на 7 % короче в среднем.",
                Liked("🔥", &[0, 4, 6]),
            ),
            DemoMessage(4, 6, "А мосты? Вчера маршрут вёл через закрытый.", Nothing),
            DemoMessage(
                6,
                2,
                "Мосты теперь берём из ленты города, обновление раз в 10 минут:\n```\nGET /v2/closures?type=bridge\n```",
                Nothing,
            ),
            DemoMessage(2, 6, "Отлично, проверю вечером на Заречной.", Answers(1)),
            DemoMessage(
                1_300,
                4,
                "Нарисовала подсветку участков с подъёмом. Три варианта:\n- градиент вдоль линии\n- значок на вершине\n- только цифра уклона",
                Nothing,
            ),
            DemoMessage(
                9,
                0,
                "Мне нравится первый. Он понятен *без* легенды.",
                Liked("👍", &[4, 7]),
            ),
            DemoMessage(
                15,
                7,
                "First one for me too, but please check it for colour-blind riders.",
                Nothing,
            ),
            DemoMessage(
                30,
                4,
                "Проверила: читается и без цвета, толщина линии тоже меняется ✅",
                Answers(1),
            ),
            DemoMessage(70, 6, "Заречная: всё верно, объезд предложил сам.", Nothing),
            DemoMessage(3, 2, "Ура. Тогда выкатываю на треть курьеров?", Nothing),
            DemoMessage(
                2,
                6,
                "@anna, ты не против? Завтра обещают дождь, будет хорошая проверка.",
                Nothing,
            ),
        ],
    },
    DemoChat {
        name: "Release 2.4",
        kind: Group,
        members: &[1, 0, 3, 5, 7],
        unread: 0,
        talk: &[
            DemoMessage(
                0,
                1,
                "Branch is cut. What is left:\n1. crash on tablets\n2. Russian plurals\n3. release notes",
                Pinned,
            ),
            DemoMessage(8, 5, "I take the tablets. It is the split view again.", Nothing),
            DemoMessage(3, 7, "Plurals are mine, they are nearly done.", Nothing),
            DemoMessage(
                240,
                5,
                "Found it: `onResume` comes twice when the keyboard is attached. Fix is in review.",
                Liked("🎉", &[1, 3]),
            ),
            DemoMessage(
                11,
                3,
                "Reviewed, one question about the timer, otherwise good to go.",
                Nothing,
            ),
            DemoMessage(
                5,
                5,
                "Answered. The timer was there before me, I only moved it.",
                Answers(1),
            ),
            DemoMessage(
                1_150,
                7,
                "Plurals: «1 заказ, 2 заказа, 5 заказов» — all forms covered now, tests too.",
                Liked("👏", &[0, 1]),
            ),
            DemoMessage(
                25,
                0,
                "Спасибо, Mei! Прочитала вслух все строки, звучит по-человечески.",
                Nothing,
            ),
            DemoMessage(
                60,
                3,
                "Release notes draft: https://docs.example.com/notes/2.4",
                Edited("Release notes, second draft: https://docs.example.com/notes/2.4"),
            ),
            DemoMessage(14, 1, "Ship it tomorrow at ten?", Nothing),
            DemoMessage(2, 0, "Ship it 🚀", Liked("🚀", &[1, 3, 5, 7])),
        ],
    },
    DemoChat {
        name: "Обед",
        kind: Group,
        members: &[4, 0, 1, 2, 3, 6],
        unread: 0,
        talk: &[
            DemoMessage(0, 4, "Кто сегодня в офисе? Есть идея про вьетнамцев.", Nothing),
            DemoMessage(2, 2, "Я!", Nothing),
            DemoMessage(1, 3, "Moi aussi. Noon?", Nothing),
            DemoMessage(4, 6, "Буду к половине первого, займите место", Nothing),
            DemoMessage(
                1,
                1,
                "If somebody orders for me: number 14, no coriander, *please*.",
                Liked("😂", &[0, 3, 4]),
            ),
            DemoMessage(1_440, 4, "А завтра?", Deleted),
        ],
    },
    DemoChat {
        name: "Поддержка · Support",
        kind: Group,
        members: &[3, 0, 5, 6],
        unread: 2,
        talk: &[
            DemoMessage(
                0,
                3,
                "A courier in Lyon cannot sign in since the update. She sees:\n> Your session has ended",
                Nothing,
            ),
            DemoMessage(
                7,
                5,
                "Her clock is a day ahead. Asked her to switch on automatic time.",
                Answers(1),
            ),
            DemoMessage(22, 3, "That was it. I add it to the answers page.", Liked("👍", &[5])),
            DemoMessage(
                900,
                6,
                "Трое из Казани пишут, что не приходит код. У всех один оператор.",
                Nothing,
            ),
            DemoMessage(
                16,
                6,
                "Оператор подтвердил сбой, обещает починить к вечеру. Пока отправляем код письмом.",
                Nothing,
            ),
        ],
    },
    DemoChat {
        name: "",
        kind: Private,
        members: &[0, 1],
        unread: 1,
        talk: &[
            DemoMessage(
                0,
                0,
                "Oliver, can you take the board meeting on Monday? I am on the train.",
                Nothing,
            ),
            DemoMessage(6, 1, "Sure. Same slides as last month, plus the map?", Nothing),
            DemoMessage(2, 0, "Plus the map, and the number of rides in the rain.", Nothing),
            DemoMessage(
                1_310,
                1,
                "Done. Rides in the rain are up by a third, by the way. People trust the routes.",
                Nothing,
            ),
        ],
    },
    DemoChat {
        name: "",
        kind: Private,
        members: &[4, 0],
        unread: 0,
        talk: &[
            DemoMessage(0, 4, "Аня, посмотришь макет настроек до созвона?", Nothing),
            DemoMessage(
                18,
                0,
                "Посмотрела. Всё хорошо, только «Выйти» я бы не красила в красный.",
                Nothing,
            ),
            DemoMessage(1, 4, "Согласна, поправила 🙂", Liked("👌", &[0])),
        ],
    },
    DemoChat {
        name: "",
        kind: Private,
        members: &[6, 0],
        unread: 0,
        talk: &[
            DemoMessage(
                0,
                6,
                "Доехал, всё хорошо. 42 км, два прокола, одна собака.",
                Liked("😄", &[0]),
            ),
            DemoMessage(5, 0, "Собака-то цела?", Nothing),
            DemoMessage(1, 6, "Собака выиграла.", Nothing),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_speaks_only_where_they_belong() {
        for chat in CHATS.iter().filter(|chat| chat.kind != General) {
            for DemoMessage(_, who, text, _) in chat.talk {
                assert!(chat.members.contains(who), "{text}");
            }
        }
    }

    #[test]
    fn the_administrator_is_everywhere() {
        assert!(CHATS.iter().all(|chat| chat.kind == General || chat.members.contains(&0)));
    }
}
