"""The plainest order of all, in the languages that the platform does not speak."""

from shared.ai.safety.sign import sign

_IGNORE_AND_INSTRUCTIONS = (
    (
        r"(?:zignoruj|ignoruj|zapomnij|pomiń)\w*",
        r"(?:instrukcj|polece|wytyczn|zasad|poprzedni|wszystk)\w*",
    ),
    (r"(?:ignoruj|zapomeň|zapomen|zabudni)\w*", r"(?:pokyn|instrukc|pravid|předchoz|vše)\w*"),
    (
        r"(?:zaboravi|ignoriraj|ignoriši)\w*",
        r"(?:instrukcij|uputstv|uput|naredb|pravil|prethodn|sve)\w*",
    ),
    (r"(?:ignor[ăa]|uit[ăa])", r"(?:instruc[țt]iuni\w*|reguli\w*|tot\b|anterioar\w*)"),
    (r"(?:felejtsd el|hagyd figyelmen kívül)", r"(?:utasít|szabály|előző|minden)\w*"),
    (
        r"(?:yok say|görmezden gel|unut|dikkate alma)\w*",
        r"(?:talimat|komut|kural|önceki|her şey)\w*",
    ),
    (
        r"(?:glöm|ignorera|bortse från|strunta i)",
        r"(?:instruktion|anvisning|regl|tidigare|allt)\w*",
    ),
    (r"(?:glem|ignorer|se bort fra)", r"(?:instruks|instruktion|anvisning|regl|tidligere|alt)\w*"),
    (r"(?:unohda|jätä huomiotta|ohita|sivuuta)", r"(?:ohje|sääntö|aiemm|edelli|kaikki)\w*"),
    (r"(?:αγνόησε|αγνοήστε|ξέχνα|ξέχασε)", r"(?:οδηγί|εντολ|κανόν|προηγούμεν|όλ)\w*"),
    (
        r"(?:ігноруй|забудь|проігноруй|проигнорируй)\w*",
        r"(?:інструкц|вказівк|правил|попередн|инструкц|указани|предыдущ|все)\w*",
    ),
    (r"(?:abaikan|lupakan)", r"(?:instruksi|perintah|arahan|aturan|sebelumnya|semua)\w*"),
    (r"(?:bỏ qua|quên)", r"(?:hướng dẫn|chỉ dẫn|lệnh|quy tắc|trước đó|tất cả)"),
    (r"(?:تجاهل|انس[َى]?|تناس)", r"(?:تعليمات|التعليمات|أوامر|الأوامر|السابقة|كل ما)"),
    (r"(?:התעלם|התעלמי|שכח)", r"(?:הוראות|ההוראות|הקודמות|כל מה)"),
    (r"(?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल)", r"(?:निर्देश|आदेश|नियम|पिछल)"),
    (r"(?:উপেক্ষা|ভুলে)", r"(?:নির্দেশ|আদেশ|নিয়ম|আগের)"),
    (r"(?:ละเว้น|เพิกเฉย|ลืม|ไม่ต้องสนใจ)", r"(?:คำสั่ง|คำแนะนำ|ก่อนหน้า|ทั้งหมด)"),
    (
        r"(?:忽略|忽视|无视|無視|忘记|忘れ)",
        r"(?:指示|指令|命令|规则|規則|ルール|之前|以上|上面|前の|これまで)",
    ),
    (r"(?:무시|잊어)", r"(?:지시|명령|규칙|이전|위의)"),
)

ABROAD = tuple(
    sign("overrides", 1.0, rf"{ignore}.{{0,40}}{before}", rf"{before}.{{0,40}}{ignore}")
    for ignore, before in _IGNORE_AND_INSTRUCTIONS
)
