//! Answers to the capability probes as models write them.

/// Answers to one probe.
pub(super) struct Answers {
    pub(super) id: &'static str,
    pub(super) right: &'static [&'static str],
    pub(super) wrong: &'static [&'static str],
}

pub(super) const ANSWERS: [Answers; 23] = [
    Answers {
        id: "math_01",
        right: &[
            "Answer: 10063",
            "347 × 29 = 347 × 30 − 347 = 10,410 − 347 = **10,063**",
            "First 347 * 20 = 6940.\nThen 347 * 9 = 3123.\n6940 + 3123 = 10063.",
            "$$347 \\times 29 = \\boxed{10{,}063}$$",
            "The product of 347 and 29 is 10063.",
            "### Working\n- 300 × 29 = 8,700\n- 47 × 29 = 1,363\n\n### Answer\n10,063",
        ],
        wrong: &[
            "Answer: 10053",
            "Is it 10063? No: 347 × 29 = 10,073.\n\nAnswer: 10,073",
            "347 × 29",
            "100630",
        ],
    },
    Answers {
        id: "math_02",
        right: &[
            "Answer: $28.75",
            "17 × $1.25 = $21.25, and $50 − $21.25 = $28.75.",
            "The change is **$28.75**.\n\n(17 apples at $1.25 come to $21.25.)",
            "So you get back 28.75 dollars.",
            "\\[ 50 - 17 \\cdot 1.25 = 28.75 \\]",
        ],
        wrong: &[
            "Answer: $21.25",
            "$28.50",
            "They cost $21.25.",
            "28.75 is too little. Answer: 29.75",
        ],
    },
    Answers {
        id: "math_03",
        right: &[
            "x = -12",
            "3x + 7 = 2x − 5\n3x − 2x = −5 − 7\nx = −12",
            "Subtract 2x: x + 7 = -5. Subtract 7: x = -12. Check: 3(-12) + 7 = -29 and 2(-12) - 5 = -29.\n\nAnswer: x = -12",
            "**x = \u{2212}12**",
            "$\\boxed{x=-12}$",
            "The solution is x = - 12.",
        ],
        wrong: &["x = 12", "Answer: 12", "x = -2", "5 - 12 = -7, so x = -7"],
    },
    Answers {
        id: "math_04",
        right: &[
            "f(4) = 2(16) - 12 + 1 = 32 - 12 + 1 = 21",
            "Answer: 21",
            "**f(4) = 21**",
            "Substituting x = 4 gives 2·4² − 3·4 + 1 = 21.",
            "Therefore, $f(4) = \\boxed{21}$.",
        ],
        wrong: &[
            "Answer: 45",
            "21 would be wrong, so f(4) = 20",
            "2·16 = 32, 32 - 12 = 20, 20 + 1 = 22",
            "I tried 21 values. Answer: 19",
        ],
    },
    Answers {
        id: "math_05",
        right: &[
            "Answer: 5/10 = 1/2 = 0.5",
            "There are 10 marbles, 5 of them blue.\n\n**P(blue) = 1/2 = 0.5**",
            "$P = \\frac{5}{10} = \\frac{1}{2} = 0.5$",
            "The answer is 1/2 (0.5).",
            "So the probability is 50%.",
            "Answer: ½",
        ],
        wrong: &[
            "Answer: 0.55",
            "Answer: 3/10",
            "5/10 are not blue, so it is 0.3",
            "0.5%",
        ],
    },
    Answers {
        id: "math_06",
        right: &[
            "A = πr² = 3.14159 × 49 = 153.93791 ≈ 153.94 cm²",
            "Answer: 153.94 cm^2",
            "The area is about **153.94 square centimetres**.",
            "$$A = \\pi r^2 = \\boxed{153.94\\ \\text{cm}^2}$$",
            "A = 49π",
        ],
        wrong: &[
            "Answer: 43.98",
            "A = 3.14159 × 14 = 43.98",
            "Answer: 154.9",
            "Answer: 615.75",
        ],
    },
    Answers {
        id: "math_07",
        right: &[
            "Each is three times the one before: 54 × 3 = 162.",
            "Answer: **162**",
            "The next number is 162.",
            "2 → 6 → 18 → 54 → 162",
            "So the next is $\\boxed{162}$",
        ],
        wrong: &[
            "Answer: 108",
            "2, 6, 18, 54",
            "54 + 36 = 90",
            "162 would come if one tripled. Answer: 72",
        ],
    },
    Answers {
        id: "math_08",
        right: &[
            "Answer: $612",
            "$800 × 0.85 = $680. $680 × 0.90 = $612.",
            "After the first 15% it is $680.00.\nAfter another 10% it is **$612.00**.",
            "\\$612",
            "You pay 612 dollars.",
        ],
        wrong: &[
            "Answer: $600",
            "25% of 800 is 200, so $600",
            "$680",
            "Answer: $6120",
        ],
    },
    Answers {
        id: "logic_01",
        right: &[
            "Answer: Yes",
            "Yes, a cat needs water, because it is an animal.",
            "Cats are animals.\nAnimals need water.\n\nAnswer: **yes**, there is no way around it.",
            "1. Every cat is an animal.\n2. Every animal needs water.\n\nTherefore, yes.",
        ],
        wrong: &[
            "Answer: No",
            "No, a cat does not. Yes is what one would think",
            "It may.",
        ],
    },
    Answers {
        id: "logic_02",
        right: &[
            "No. A sprinkler could have done it.",
            "Answer: no",
            "Not necessarily: the ground may be wet for another reason.",
            "That would be affirming the consequent. So **no**.",
            "The rule runs from rain to wet ground, not back.\n\nAnswer: No, it is not proven.",
        ],
        wrong: &[
            "Yes. There is no other reason for it to be wet",
            "Answer: Yes",
            "It rained, there can be no doubt",
        ],
    },
    Answers {
        id: "logic_03",
        right: &[
            "Answer: 3",
            "With 30 people and 12 months, 12 × 2 = 24 < 30, so at least 3 share a month.",
            "30 people, 12 months: ⌈30/12⌉ = 3",
            "By the pigeonhole principle the answer is three.",
            "30 / 12 = 2.5, rounded up: **3**",
        ],
        wrong: &[
            "Answer: 2",
            "Answer: 30",
            "30 / 12 = 2.5, so at least 2",
            "There are 3 of 30. Answer: 4",
        ],
    },
    Answers {
        id: "logic_04",
        right: &[
            "Answer: the chicken",
            "The chicken.",
            "The farmer takes the chicken first, because the fox does not eat grain.",
            "1. Row the chicken over.\n2. Come back.\n3. Take the fox, bring the chicken back.\n\nAnswer: **The chicken**",
            "First the hen.",
        ],
        wrong: &[
            "Answer: the fox",
            "When the farmer takes the fox, then all is well.",
            "Answer: the grain, then the chicken",
            "He should think first.",
        ],
    },
    Answers {
        id: "logic_05",
        right: &[
            "Answer: 5",
            "25 + 20 - 10 = 35 play something, and 40 - 35 = 5.",
            "5 of the 40 students play neither.",
            "Therefore, **five** students play neither.",
            "|F ∪ B| = 35, so 40 − 35 = $\\boxed{5}$",
        ],
        wrong: &[
            "Answer: 15",
            "25 + 20 = 45, 45 - 40 = 5 play both, so 10 play neither",
            "Five times: 35",
        ],
    },
    Answers {
        id: "reason_01",
        right: &[
            "Answer: eating",
            "A fork is used for **eating**.",
            "Book is to reading as fork is to eating.",
            "Eating",
            "Answer: to eat with",
        ],
        wrong: &["Answer: knife", "A fork is for cooking", "Answer: reading"],
    },
    Answers {
        id: "reason_02",
        right: &[
            "Answer: the starter motor",
            "The most likely cause is a faulty starter motor or its solenoid.",
            "Since the battery is good, it is the **starter solenoid**.",
            "Answer: corroded battery terminals",
            "The click comes from the relay, so the fault is most likely in the starter.",
        ],
        wrong: &[
            "Answer: the battery",
            "The fuel pump.",
            "A car refuses to run. Its battery was replaced yesterday and tested well.",
            "Answer: the alternator, which has wires",
        ],
    },
    Answers {
        id: "reason_03",
        right: &[
            "Answer: South",
            "North → east → **south**",
            "You first face east, then south.",
            "South, because two right turns from north make 180°.",
        ],
        wrong: &[
            "Answer: west",
            "From south to east",
            "Answer: North",
            "South would be wrong. Answer: east",
        ],
    },
    Answers {
        id: "reason_04",
        right: &[
            "Answer: 1991",
            "Tom: 1995 − 12 = 1983. Ines: 1983 + 8 = 1991.",
            "Tom was born in 1983, so Ines was born in **1991**.",
            "1983 + 8 = 1991",
        ],
        wrong: &[
            "Answer: 1983",
            "Answer: 2015",
            "1995 - 12 + 8 = 1990",
            "1991 is Tom's. Answer: 1999",
        ],
    },
    Answers {
        id: "reason_05",
        right: &[
            "Answer: 24",
            "C = 3, A = 1, T = 20, so 3 + 1 + 20 = 24.",
            "CAT is worth **24**.",
            "3 + 1 + 20 = $\\boxed{24}$",
        ],
        wrong: &[
            "Answer: 27",
            "APPLE is worth 50",
            "24 hours later I still say 23",
        ],
    },
    Answers {
        id: "code_01",
        right: &[
            "Answer: [2, 3]",
            "It prints `[2, 3]`.",
            "x[1:3] takes the items at 1 and 2.\n\n```\n[2,3]\n```",
            "The answer is **[2, 3]**, a part of [1, 2, 3, 4, 5]",
        ],
        wrong: &[
            "Answer: [1, 2, 3]",
            "x = [1, 2, 3, 4, 5]",
            "One might think of [2, 3].\n\nAnswer: [2, 3, 4]",
        ],
    },
    Answers {
        id: "code_02",
        right: &[
            "Answer: 8",
            "f(2) = 1, f(3) = 2, f(4) = 3, f(5) = 5, f(6) = 8",
            "It is the Fibonacci function, so f(6) is **8**.",
            "f(6) = f(5) + f(4) = 5 + 3 = 8",
        ],
        wrong: &[
            "Answer: 13",
            "f(6) calls f(5), 8 lines in all. Answer: 5",
            "There are 8 calls, so 25",
        ],
    },
    Answers {
        id: "code_03",
        right: &[
            "Answer: ZeroDivisionError",
            "The list has no items, so `len(numbers)` is 0 and the last line divides by zero.",
            "It raises a **ZeroDivisionError: division by zero**.",
            "Answer: division by zero, since len([]) is 0",
        ],
        wrong: &[
            "The list is empty.",
            "Answer: IndexError, since the list is empty",
            "Why does the call average([]) fail, and with which error?",
        ],
    },
    Answers {
        id: "word_01",
        right: &[
            "Answer: 3 hours",
            "The first is 60 km ahead; 60 / (80 - 60) = 3 hours.",
            "80t = 60(t + 1)\n20t = 60\nt = 3",
            "So it takes **three hours**.",
            "It takes 3 hours after the express departs.",
        ],
        wrong: &[
            "Answer: 4 hours",
            "3 trains, 5 hours",
            "Answer: 60 km/h",
            "3 hours is not enough. Answer: 3.5",
        ],
    },
    Answers {
        id: "word_02",
        right: &[
            "Answer: 7",
            "3 boys and 4 girls, so **seven** children.",
            "With b brothers, 2b = (b + 1) + 1, so b = 2.\nIn total there are 3 + 4 = 7 children.",
            "There are **7** children.\n\nCheck: each of the 4 girls has 3 brothers and 3 sisters.",
        ],
        wrong: &[
            "Answer: 6",
            "2 brothers, 4 sisters: 6",
            "There are 7 days. Answer: 5",
        ],
    },
];
