//! Names for synthetic people: common, rare, of minorities, of foreigners.
//!
//! The rare ones are here on purpose: characters GB18030 writes in four bytes (a partner on GBK has no
//! bytes for them) and characters whose second byte is 0x7C, the `|` of delimited files.
//! Every name fits 30 bytes of GB18030, the narrowest name field of a built-in layout.

use crate::generate::streams::{Rng, chance, pick, pick_char};

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常";
const COMPOUND_SURNAMES: &[&str] = &["欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "夏侯", "慕容"];
const MALE: &str =
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林文博瀚轩晨铭哲睿泽志建国庆东海峰松柏云天宏远";
const FEMALE: &str =
    "芳娜敏静丽艳娟霞秀兰燕玲桂英梅红萍莉洁琳雪晶欣怡佳慧颖璐瑶婷婉梦诗涵雅思妍岚蕾薇馨彤月琪倩莹露心悦";
/// Given names in which GB18030 ends a character in 0x7C.
const ENDING_IN_BAR: &str = "東億瑋珅晐閨縷媩葇韡";
/// CJK extensions A, B, C and E, four bytes each in GB18030.
const FOUR_BYTES: &str = "㛃㙦㥄㴔㧑㛹㳘㻛㸌䒟䗪𠮷𡈼𪚥𣲗𣸣𤧛𥖎𨭎𨱏𩽾𠅤𤋮𫖯𫖮𫘝𫄧𫍯𬱖𬘘𬘬𬣙𬬩𬭎𬸘";
const LATIN_FIRST_MALE: &[&str] = &["JOHN", "PETER", "LUCAS", "IVAN", "MIN HO", "KENJI", "JEAN-PAUL", "MARCO"];
const LATIN_FIRST_FEMALE: &[&str] = &["MARIA", "ANNA", "SOPHIE", "OLGA", "JI WOO", "YUKI", "ANNE-MARIE", "LUCIA"];
const LATIN_LAST: &[&str] =
    &["SMITH", "O'NEIL", "DUBOIS", "MUELLER", "PETROV", "TANAKA", "KIM", "NGUYEN", "ROSSI", "GARCIA LOPEZ"];

/// Parts of dotted names of one people: GB/T 3304 code, male, female and second parts.
struct Tradition {
    ethnicity: &'static str,
    male: &'static [&'static str],
    female: &'static [&'static str],
    second: &'static [&'static str],
}

const TRADITIONS: &[Tradition] = &[
    Tradition {
        ethnicity: "05",
        male: &["买买提", "阿卜杜拉", "吐尔逊", "艾力", "阿不都热依木"],
        female: &["阿依古丽", "迪丽努尔", "古丽娜尔", "热依汗", "帕提古丽"],
        second: &["买买提", "吐尔逊", "热合曼", "阿不都拉", "木拉提", "阿不都克力木"],
    },
    Tradition {
        ethnicity: "17",
        male: &["努尔兰", "赛力克", "叶尔波力"],
        female: &["阿依达娜", "古丽米拉", "沙吾列"],
        second: &["哈不力", "木拉提", "别克", "哈孜"],
    },
    Tradition {
        ethnicity: "04",
        male: &["扎西", "尼玛", "多吉"],
        female: &["卓玛", "央金", "拉姆"],
        second: &["次仁", "旺堆", "群培", "平措"],
    },
    Tradition {
        ethnicity: "07",
        male: &["木呷", "吉克", "阿合"],
        female: &["阿支", "沙马", "依洛"],
        second: &["伍各", "拉且", "阿木", "尔古"],
    },
    Tradition {
        ethnicity: "02",
        male: &["哈斯", "巴特尔", "孟和"],
        female: &["乌兰", "其其格", "娜仁"],
        second: &["巴根", "其其格", "格日勒", "苏和"],
    },
];

/// Peoples whose members mostly bear Han names.
const OTHER_PEOPLES: &[&str] = &["03", "06", "08", "11", "15", "26"];

/// A name and the ethnicity (GB/T 3304) that goes with it.
pub(crate) struct Named {
    pub name: String,
    pub ethnicity: &'static str,
}

/// A name of a citizen.
pub(crate) fn citizen(rng: &mut Rng, male: bool) -> Named {
    if chance(rng, 4)
        && let Some(tradition) = pick(rng, TRADITIONS)
    {
        let first = pick(rng, if male { tradition.male } else { tradition.female }).copied().unwrap_or_default();
        let second = pick(rng, tradition.second).copied().unwrap_or_default();
        return Named { name: format!("{first}·{second}"), ethnicity: tradition.ethnicity };
    }
    let ethnicity = if chance(rng, 8) { pick(rng, OTHER_PEOPLES).copied().unwrap_or("01") } else { "01" };
    Named { name: han(rng, male), ethnicity }
}

/// Surname and one or two characters; one in a hundred with a four-byte character, two with a 0x7C.
fn han(rng: &mut Rng, male: bool) -> String {
    let mut name = if chance(rng, 2) {
        pick(rng, COMPOUND_SURNAMES).map_or_else(String::new, |surname| (*surname).to_owned())
    } else {
        String::from(pick_char(rng, SURNAMES))
    };
    let given = if male { MALE } else { FEMALE };
    if chance(rng, 60) {
        name.push(pick_char(rng, given));
    }
    let last = match crate::generate::streams::percent(rng) {
        0 => FOUR_BYTES,
        1..3 => ENDING_IN_BAR,
        _ => given,
    };
    name.push(pick_char(rng, last));
    name
}

/// Whether a name has a character of four bytes, of which a note tells.
pub(crate) fn is_rare(name: &str) -> bool {
    name.chars().any(|character| FOUR_BYTES.contains(character))
}

/// A name of a foreigner, as passports write it.
pub(crate) fn foreigner(rng: &mut Rng, male: bool) -> String {
    let first = pick(rng, if male { LATIN_FIRST_MALE } else { LATIN_FIRST_FEMALE }).copied().unwrap_or("ALEX");
    let last = pick(rng, LATIN_LAST).copied().unwrap_or("DOE");
    format!("{first} {last}")
}

/// Look-alikes of the separator, as input methods and old systems write it.
const LOOK_ALIKE_DOTS: &str = "\u{2022}\u{2027}\u{30FB}\u{FF65}\u{22C5}\u{2219}\u{FF0E}";

/// The name with look-alike dots or full-width letters, for one in eight of those that have a dot or letters.
pub(crate) fn spelling(rng: &mut Rng, name: &str) -> Option<String> {
    let has_dot = name.contains('·');
    if !(has_dot || name.is_ascii()) || !chance(rng, 12) {
        return None;
    }
    let dot = pick_char(rng, LOOK_ALIKE_DOTS);
    Some(if has_dot {
        name.replace('·', dot.encode_utf8(&mut [0; 4]))
    } else {
        name.chars().map(full_width).collect()
    })
}

/// The full-width form of an upper-case letter; anything else stays.
fn full_width(character: char) -> char {
    match character {
        'A'..='Z' => char::from_u32(u32::from(character) - 0x21 + 0xFF01).unwrap_or(character),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::streams::{Purpose, stream};

    /// Bytes of a name as GB18030: four outside the two-byte planes.
    fn longest_bytes(name: &str) -> usize {
        name.chars()
            .map(|c| {
                if c.is_ascii() {
                    1
                } else if FOUR_BYTES.contains(c) {
                    4
                } else {
                    2
                }
            })
            .sum()
    }

    #[test]
    fn every_sort_of_name_occurs_and_fits() {
        let mut rng = stream(1, Purpose::Person, 0);
        let names: Vec<_> = (0..4000).map(|n| citizen(&mut rng, n % 2 == 0).name).collect();
        assert!(names.iter().all(|name| (2..=30).contains(&longest_bytes(name))));
        assert!(names.iter().any(|name| name.contains('·')));
        assert!(names.iter().any(|name| name.chars().any(|c| FOUR_BYTES.contains(c))));
        assert!(names.iter().any(|name| name.chars().any(|c| ENDING_IN_BAR.contains(c))));
        for name in names.iter().chain(&(0..500).map(|n| foreigner(&mut rng, n % 2 == 0)).collect::<Vec<_>>()) {
            if let Some(spelling) = spelling(&mut rng, name) {
                let read = cardline_core::domain::name::normalise(&spelling).unwrap();
                assert!(read.normalised && read.text == *name, "{spelling}");
            }
        }
        assert!((0..500).all(|n| foreigner(&mut rng, n % 2 == 0).len() <= 30));
    }
}
