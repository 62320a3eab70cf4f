namespace Understudy.Configuration;

/// <summary>The roles as the policy file and the admin API write them.</summary>
public static class OperatorRoleWords
{
    /// <summary>The word for a role.</summary>
    public static string Word(this OperatorRole role) => role switch
    {
        OperatorRole.Viewer => "viewer",
        OperatorRole.Operator => "operator",
        OperatorRole.Admin => "admin",
    };
}
