namespace Understudy.PolicyFile.Keys;

/// <summary>What a key's value is.</summary>
internal enum KeyKind
{
    Text,
    Secret,
    Duration,
    Size,
    Whole,
    Number,
    Percent,
    Flag,
    Word,
    TextOrList,
    TextOrObject,
    TextMap,
    Json,
    TextList,
    NumberList,
    Object,
    ObjectList,
    ObjectMap,
}
