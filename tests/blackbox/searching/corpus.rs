//! One set of messages, and what each query finds in it: the same from either index, and before anything is
//! indexed.

use super::*;

on_both_stores! {
    each_query_finds_the_same_whatever_the_store,
}

const SAID: &[&str] = &[
    "Вышли релизы для всех",                     // 0
    "Поговорим о релизе завтра",                 // 1
    "Release notes are ready",                   // 2
    "The server was released and is running",    // 3
    "Ёлка стоит в холле",                        // 4
    "встретимся под елкой",                      // 5
    "Спросите Анну Иванову",                     // 6
    "отчет для Иванова",                         // 7
    "see https://example.com/docs/setup?page=2", // 8
    "cat /etc/nginx/nginx.conf",                 // 9
    "fn get_user_name() and getUserName()",      // 10
    "ticket ABC-123 is done, see also abc-1234", // 11
    "ship it 🚀 now",                            // 12
    "日本語のテキスト",                          // 13
    "mixed текст with релиз and release",        // 14
    "не работает",                               // 15
    "O’Brien wrote: don't panic",                // 16
    "Интернет-магазин открыт",                   // 17
    "и\u{306}од и ΜΕΓΆΛΗ Straße",                // 18
    "a.b.c = v2.10.3",                           // 19
];

const QUERIES: &[(&str, &[usize])] = &[
    ("релиз", &[0, 1, 14]),
    ("РЕЛИЗЫ", &[0, 1, 14]),
    ("рели", &[0, 1, 14]),
    ("release", &[2, 3, 14]),
    ("runs", &[3]),
    ("елка", &[4, 5]),
    ("ёлку", &[4, 5]),
    ("анна", &[6]),
    ("Иванов", &[6, 7]),
    ("отчёт Иванова", &[7]),
    ("example.com", &[8]),
    ("https://example.com/docs", &[8]),
    ("setup", &[8]),
    ("/etc/nginx", &[9]),
    ("nginx.conf", &[9]),
    ("user", &[10]),
    ("getUserName", &[10]),
    ("getusername", &[10]),
    ("get_user_name", &[10]),
    ("\"ABC-123\"", &[11]),
    ("abc-123", &[11]),
    ("123 -abc", &[]),
    ("🚀", &[12]),
    ("日本", &[13]),
    ("本語", &[13]),
    ("語", &[13]),
    ("本日", &[]),
    ("\"о релизе\"", &[1]),
    ("\"релизе о\"", &[]),
    ("\"релиз\"", &[14]),
    ("релиз -завтра", &[0, 14]),
    ("релиз -\"для всех\"", &[1, 14]),
    ("релиз release", &[14]),
    ("не", &[15]),
    ("obrien", &[16]),
    ("\"don't panic\"", &[16]),
    ("интернет-магазина", &[17]),
    ("магазины", &[17]),
    ("йод", &[18]),
    ("μεγάλη", &[18]),
    ("straße", &[18]),
    // As U.S.A. finds USA.
    ("a.b.c", &[11, 19]),
    ("v2.10", &[19]),
    ("has:link", &[8]),
    ("nothing here", &[]),
];

async fn each_query_finds_the_same_whatever_the_store(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for (number, text) in SAID.iter().enumerate() {
        alice.say(chat, text, &format!("k{number}")).await.is(201);
    }
    let all_as_expected = async |when: &str| {
        for (query, expected) in QUERIES {
            let texts = found(&alice, query).await;
            let expected: Vec<_> = expected.iter().rev().map(|place| SAID[*place]).collect();
            assert_eq!(texts, expected, "{query} {when}");
        }
    };
    all_as_expected("at once").await;
    everything_is_indexed(&setup).await;
    all_as_expected("from the index").await;
}
