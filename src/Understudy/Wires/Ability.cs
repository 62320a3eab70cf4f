using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>What makes a target unable to take a conversation, before a byte is written.</summary>
internal static class Ability
{
    /// <summary>Why not, without content; null where it can.</summary>
    public static string? Lacks(Conversation conversation, TargetProfile profile, WireProtocol protocol)
    {
        if (conversation.Answers > 1 && protocol != conversation.Origin) return "several answers (n) can't be asked of it";
        if (protocol != conversation.Origin && (conversation.Extras.Any(extra => extra.Key is "previous_response_id" or "conversation" or "prompt") || conversation.Turns.Any(turn => turn.Parts.Any(part => part is OpaquePart { Kind: "item_reference" })))) return "part of the conversation is kept by another vendor";
        if (conversation.Tools.Count > 0 && !profile.Tools) return "it calls no tools";
        if (protocol != conversation.Origin && conversation.ToolChoice is { Kind: ToolChoiceKind.One } one
            && conversation.Tools.Any(tool => tool.Kind == ToolKind.Hosted && one.Names.Contains(tool.Name))) return "the tool it must call is another vendor's own";
        foreach (var turn in conversation.Turns)
        {
            if (Lacks(turn.Parts, profile, protocol) is { } reason) return reason;
        }

        return null;
    }

    private static string? Lacks(IEnumerable<Part> parts, TargetProfile profile, WireProtocol protocol)
    {
        foreach (var part in parts)
        {
            var reason = part switch
            {
                ImagePart when !profile.Vision => "it sees no images",
                ImagePart { Url: not null } when !profile.ImageUrls => "it takes no images by address",
                ImagePart { Base64: not null } image when protocol == WireProtocol.AnthropicMessages && Images.TrueType(image) is null => "it does not take this type of image",
                DocumentPart { Text: null } when !profile.Documents => "it reads no documents",
                DocumentPart { Url: not null } when protocol is WireProtocol.OpenAIChat or WireProtocol.Gemini => "it takes no documents by address",
                AudioPart when !profile.Audio || protocol == WireProtocol.AnthropicMessages => "it takes no sound",
                ToolResultPart result => Lacks(result.Content, profile, protocol),
                _ => null,
            };
            if (reason is not null) return reason;
        }

        return null;
    }
}
