/** A small set of emoji: what teams use, in the order in which it is offered. */
const LIST = `
+1 👍|heart ❤️|joy 😂|tada 🎉|eyes 👀|pray 🙏|fire 🔥|white_check_mark ✅
smile 😄|grin 😁|slight_smile 🙂|wink 😉|blush 😊|heart_eyes 😍|star_struck 🤩|sunglasses 😎
thinking 🤔|neutral_face 😐|unamused 😒|rolling_eyes 🙄|smirk 😏|sweat_smile 😅|rofl 🤣|upside_down 🙃
cry 😢|sob 😭|angry 😠|rage 😡|scream 😱|flushed 😳|exploding_head 🤯|tired_face 😫
sleeping 😴|zany_face 🤪|shushing 🤫|saluting_face 🫡|melting_face 🫠|facepalm 🤦|shrug 🤷|hugs 🤗
-1 👎|ok_hand 👌|clap 👏|wave 👋|raised_hands 🙌|muscle 💪|handshake 🤝|point_up ☝️
crossed_fingers 🤞|v ✌️|metal 🤘|writing_hand ✍️|brain 🧠|100 💯|sparkles ✨|star ⭐
rocket 🚀|boom 💥|zap ⚡|bulb 💡|bug 🐛|wrench 🔧|hammer 🔨|gear ⚙️
computer 💻|floppy_disk 💾|package 📦|lock 🔒|key 🔑|link 🔗|memo 📝|pushpin 📌
calendar 📅|alarm_clock ⏰|hourglass ⏳|chart 📈|bell 🔔|mag 🔍|mega 📣|email 📧
x ❌|warning ⚠️|question ❓|exclamation ❗|no_entry ⛔|construction 🚧|recycle ♻️|ok 🆗
coffee ☕|tea 🍵|pizza 🍕|cake 🎂|beer 🍺|champagne 🍾|apple 🍎|cookie 🍪
sun ☀️|cloud ☁️|rain 🌧️|snowflake ❄️|rainbow 🌈|tree 🌲|flower 🌸|seedling 🌱
cat 🐱|dog 🐶|unicorn 🦄|turtle 🐢|owl 🦉|whale 🐳|see_no_evil 🙈|robot 🤖
house 🏠|car 🚗|airplane ✈️|bike 🚲|trophy 🏆|medal 🏅|soccer ⚽|game 🎮
broken_heart 💔|blue_heart 💙|green_heart 💚|yellow_heart 💛|purple_heart 💜|black_heart 🖤|gift 🎁|balloon 🎈`;

export interface Emoji {
  name: string;
  char: string;
}

export const EMOJI: readonly Emoji[] = LIST.split(/[|\n]/)
  .filter((entry) => entry !== "")
  .map((entry) => {
    const [name = "", char = ""] = entry.split(" ");
    return { name, char };
  });

/** Offered at hand. */
export const QUICK: readonly Emoji[] = EMOJI.slice(0, 8);

/** Those whose name begins with this, then those that contain it. */
export function findEmoji(text: string, limit = 8): Emoji[] {
  const wanted = text.toLowerCase();
  const begins = EMOJI.filter(({ name }) => name.startsWith(wanted));
  const contains = EMOJI.filter(({ name }) => !name.startsWith(wanted) && name.includes(wanted));
  return [...begins, ...contains].slice(0, limit);
}
