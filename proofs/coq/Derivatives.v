(** Tangents are Frechet derivatives; chains of equations.

    [tangent_is_derivative]: if every entry that an expression reads is a differentiable function of a point of a normed
    space, then so is the expression's value, and its derivative is its [tangent]: for all sizes, positions and functions.
    A chain of equations, each reading what was defined before it, has as its result a solution of all of them
    ([run_solves]), which depends differentiably on what the chain starts from ([push_is_derivative]). *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations.
Import ListNotations.
Open Scope R_scope.

Section Derivatives.
  Variable F : functions.
  Variable dims : name -> list Z.
  Notation shape := (shape dims).
  Notation entries := (entries dims).
  Notation in_range := (in_range dims).
  Notation eval := (eval F dims).
  Notation tangent := (tangent F dims).
  Notation smooth := (smooth F dims).

  Section Frechet.
    Variable U : NormedModule R_AbsRing.
    Variable u : U.

    (** Every entry is a differentiable function of a point of U. *)
    Definition differentiable (T D : U -> tensors) : Prop := forall t p,
      filterdiff (fun y => T y t p : R_NormedModule) (locally u) (fun h => D h t p : R_NormedModule).

    Lemma sum_list_differentiable : forall (A : Type) (l : list A) (g d : A -> U -> R),
      (forall v, In v l -> filterdiff (fun y => g v y : R_NormedModule) (locally u) (fun h => d v h : R_NormedModule)) ->
      filterdiff (fun y => sum_list l (fun v => g v y) : R_NormedModule) (locally u)
        (fun h => sum_list l (fun v => d v h) : R_NormedModule).
    Proof.
      induction l as [|v l IH]; intros g d H; simpl.
      - apply (filterdiff_const (0 : R_NormedModule)).
      - apply (filterdiff_plus_fct (fun y => g v y : R_NormedModule) (fun y => sum_list l (fun v => g v y) : R_NormedModule)
                 (fun h => d v h) (fun h => sum_list l (fun v => d v h))).
        + apply H. now left.
        + apply IH. intros w Hw. apply H. now right.
    Qed.

    Lemma shifted_exponentials : forall (A : Type) (l : list A) (f g : A -> R) c d, exp d = c ->
      sum_list l (fun v => f v * exp (g v)) * c = sum_list l (fun v => f v * exp (g v + d)).
    Proof.
      intros A l f g c d H. induction l as [|v l IH]; simpl; [ring|]. rewrite <- IH, exp_plus, H. ring.
    Qed.

    Theorem tangent_is_derivative : forall a T D e, differentiable T D -> smooth (T u) e a ->
      filterdiff (fun y => eval (T y) e a : R_NormedModule) (locally u) (fun h => tangent (T u) (D h) e a : R_NormedModule).
    Proof.
      induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros T D e HT Hs; simpl in *.
      - apply (filterdiff_const (Q2R q : R_NormedModule)).
      - destruct (flat (shape t) (map (eval_index e) is)) as [p|]; [apply HT | apply (filterdiff_const (0 : R_NormedModule))].
      - destruct Hs. apply (filterdiff_plus_fct (fun y => eval (T y) e a : R_NormedModule) (fun y => eval (T y) e b)); auto.
      - destruct Hs as [Ha Hb].
        apply (filterdiff_mult_fct (fun y => eval (T y) e a) (fun y => eval (T y) e b) u
                 (fun h => tangent (T u) (D h) e a) (fun h => tangent (T u) (D h) e b) Rmult_comm); [apply IHa | apply IHb]; auto.
      - destruct Hs as [Ha Hd].
        apply (filterdiff_comp' (fun y => eval (T y) e a : R_NormedModule) (F f o : R_NormedModule -> R_NormedModule) u
                 (fun h => tangent (T u) (D h) e a) (fun y => scal y (F f (S o) (eval (T u) e a)))); [apply IH; auto | exact Hd].
      - apply (sum_list_differentiable Z (zrange 0 n) (fun v y => eval (T y) (set e k v) a)
                 (fun v h => tangent (T u) (D h) (set e k v) a)). auto.
      - destruct Hs as [Hn Hs]. set (S := fun y => sum_list (admitted e k n gs) (fun v => exp (eval (T y) (set e k v) a))).
        assert (Hpos : 0 < S u).
        { unfold S. destruct (admitted e k n gs) as [|w vs]; [contradiction|]. cbn [sum_list fold_right].
          assert (H : forall l, 0 <= sum_list l (fun v => exp (eval (T u) (set e k v) a))).
          { induction l as [|v l IHl]; simpl; [lra|]. pose proof (exp_pos (eval (T u) (set e k v) a)). lra. }
          pose proof (exp_pos (eval (T u) (set e k w) a)). specialize (H vs). unfold sum_list in H. lra. }
        apply (filterdiff_ext_lin _ (fun h => scal (sum_list (admitted e k n gs) (fun v =>
          scal (tangent (T u) (D h) (set e k v) a) (exp (eval (T u) (set e k v) a)))) (/ S u))).
        + apply (filterdiff_comp' (S : U -> R_NormedModule) (logarithm : R_NormedModule -> R_NormedModule) u
                   (fun h => sum_list (admitted e k n gs) (fun v => scal (tangent (T u) (D h) (set e k v) a) (exp (eval (T u) (set e k v) a))))
                   (fun y => scal y (/ S u))).
          * apply (sum_list_differentiable Z (admitted e k n gs) (fun v y => exp (eval (T y) (set e k v) a))
                     (fun v h => scal (tangent (T u) (D h) (set e k v) a) (exp (eval (T u) (set e k v) a)))).
            intros v Hv. apply (filterdiff_comp' (fun y => eval (T y) (set e k v) a : R_NormedModule) (exp : R_NormedModule -> R_NormedModule) u
              (fun h => tangent (T u) (D h) (set e k v) a) (fun y => scal y (exp (eval (T u) (set e k v) a)))); [apply IH; auto|].
            apply is_derive_Reals, derivable_pt_lim_exp.
          * now apply logarithm_derivative.
        + intro h. apply (shifted_exponentials Z (admitted e k n gs) (fun v => tangent (T u) (D h) (set e k v) a) (fun v => eval (T u) (set e k v) a)).
          fold (S u). replace (-1 * logarithm (S u)) with (- logarithm (S u)) by ring. now rewrite exp_Ropp, exp_logarithm.
      - destruct Hs as [Hn Hs]. set (g := fun y v => eval (T y) (set e k v) a). set (m := argmax (admitted e k n gs) (g u)) in *.
        assert (Hd : forall v, In v (admitted e k n gs) -> filterdiff (fun y => g y v : R_NormedModule) (locally u)
                       (fun h => tangent (T u) (D h) (set e k v) a : R_NormedModule)).
        { intros v Hv. apply IH; [exact HT | now apply Hs]. }
        apply (filterdiff_ext_locally (fun y => g y m : R_NormedModule)); [|apply Hd; now apply argmax_in].
        assert (Hnear : forall l, (forall v, In v l -> In v (admitted e k n gs)) ->
                  locally u (fun y => forall v, In v l -> v <> m -> g y v < g y m)).
        { induction l as [|v l IHl]; intro Hl; [apply filter_forall; intros y v []|].
          assert (Hrest : locally u (fun y => forall v, In v l -> v <> m -> g y v < g y m)) by (apply IHl; intros; apply Hl; now right).
          destruct (Z.eq_dec v m) as [->|Hne].
          - revert Hrest. apply filter_imp. intros y Hy w [<-|Hw]; [congruence | now apply Hy].
          - assert (Hc : continuous (fun y => minus (g y m) (g y v) : R_NormedModule) u).
            { apply (filterdiff_continuous (fun y => minus (g y m) (g y v) : R_NormedModule)). eexists.
              apply (filterdiff_minus_fct (fun y => g y m : R_NormedModule) (fun y => g y v : R_NormedModule));
                apply Hd; [now apply argmax_in | apply Hl; now left]. }
            assert (Hpos : 0 < minus (g u m) (g u v)).
            { destruct (Hs v) as [_ Hlt]; [apply Hl; now left|]. specialize (Hlt Hne). change (g u v < g u m) in Hlt. change (0 < g u m + - g u v). lra. }
            assert (Hpos' : locally u (fun y => 0 < minus (g y m) (g y v))) by (apply Hc; apply (open_gt 0); exact Hpos).
            generalize (filter_and _ _ Hrest Hpos'). apply filter_imp. intros y [Hy Hyv] w [<-|Hw]; [|now apply Hy].
            intros _. change (0 < g y m + - g y v) in Hyv. lra. }
        specialize (Hnear (admitted e k n gs) (fun v H => H)). revert Hnear. apply filter_imp. intros y Hy.
        assert (Hm : argmax (admitted e k n gs) (g y) = m) by (apply argmax_unique; [now apply argmax_in | exact Hy]).
        unfold g in Hm |- *. now rewrite Hm.
      - destruct Hs.
      - destruct Hs.
      - apply (filterdiff_const ((if holds e b then 1 else 0) : R_NormedModule)).
    Qed.
  End Frechet.

  (** ** Chains of equations *)

  Definition at_entry (d : equation) (p : Z) : env := bind (indices d) (unflat (shape (target d)) p).
  Definition value (T : tensors) (d : equation) (p : Z) : R := eval T (at_entry d p) (body d).
  Definition change (T D : tensors) (d : equation) (p : Z) : R := tangent T D (at_entry d p) (body d).
  Definition define (T : tensors) (t : name) (g : Z -> R) : tensors :=
    fun s p => if same_name s t then (if in_range t p then g p else 0) else T s p.

  Fixpoint run (chain : list equation) (T : tensors) : tensors :=
    match chain with [] => T | d :: rest => run rest (define T (target d) (value T d)) end.
  Fixpoint push (chain : list equation) (T D : tensors) : tensors :=
    match chain with
    | [] => D
    | d :: rest => push rest (define T (target d) (value T d)) (define D (target d) (change T D d))
    end.
  Fixpoint smooth_chain (chain : list equation) (T : tensors) : Prop :=
    match chain with
    | [] => True
    | d :: rest => (forall p, in_range (target d) p = true -> smooth T (at_entry d p) (body d)) /\
                   smooth_chain rest (define T (target d) (value T d))
    end.

  Lemma push_is_derivative : forall (U : NormedModule R_AbsRing) (u : U) chain T D,
    differentiable U u T D -> smooth_chain chain (T u) ->
    differentiable U u (fun y => run chain (T y)) (fun h => push chain (T u) (D h)).
  Proof.
    intros U u. induction chain as [|d rest IH]; intros T D HT Hs; simpl in *; [exact HT|].
    destruct Hs as [Hd Hs].
    apply (IH (fun y => define (T y) (target d) (value (T y) d))
              (fun h => define (D h) (target d) (change (T u) (D h) d))); [|exact Hs].
    intros t p. unfold define. destruct (same_name t (target d)); [|apply HT].
    destruct (in_range (target d) p) eqn:Hp; [|apply (filterdiff_const (0 : R_NormedModule))].
    apply tangent_is_derivative; auto.
  Qed.

  (** What an expression reads, and that nothing else matters. *)
  Fixpoint reads (a : expr) : list name :=
    match a with
    | Number _ | Bracket _ => []
    | Entry t _ => [t]
    | Add a b | Mul a b => reads a ++ reads b
    | Apply _ _ a | Sum _ _ a | LogSumExp _ _ _ a | Maximum _ _ _ a | ArgMax _ _ _ a | IndexIs _ a => reads a
    end.
  Definition reads_name (t : name) (a : expr) : bool := existsb (same_name t) (reads a).

  Lemma eval_reads : forall a T T' e, (forall t, In t (reads a) -> T t = T' t) -> eval T e a = eval T' e a.
  Proof.
    induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros T T' e H; simpl in *; try reflexivity.
    - destruct (flat _ _); [|reflexivity]. now rewrite H by now left.
    - f_equal; [apply IHa | apply IHb]; intros; apply H, in_or_app; auto.
    - f_equal; [apply IHa | apply IHb]; intros; apply H, in_or_app; auto.
    - f_equal. now apply IH.
    - apply sum_list_ext. intros v _. now apply IH.
    - f_equal. apply sum_list_ext. intros v _. f_equal. now apply IH.
    - rewrite (argmax_ext _ _ (fun v => eval T' (set e k v) a)) by (intro; now apply IH). now apply IH.
    - f_equal. apply argmax_ext. intro. now apply IH.
    - now rewrite (IH T T').
  Qed.

  Lemma tangent_reads : forall a T T' D D' e, (forall t, In t (reads a) -> T t = T' t /\ D t = D' t) ->
    tangent T D e a = tangent T' D' e a.
  Proof.
    induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros T T' D D' e H; simpl in *; try reflexivity.
    - destruct (flat _ _); [|reflexivity]. destruct (H t) as [_ E]; [now left|]. now rewrite E.
    - f_equal; [apply IHa | apply IHb]; intros; apply H, in_or_app; auto.
    - rewrite (IHa T T' D D'), (IHb T T' D D') by (intros; apply H, in_or_app; auto).
      rewrite (eval_reads a T T'), (eval_reads b T T') by (intros; apply H, in_or_app; auto). reflexivity.
    - rewrite (IH T T' D D') by auto. rewrite (eval_reads a T T') by (intros; now apply H). reflexivity.
    - apply sum_list_ext. intros v _. now apply IH.
    - assert (Hv : forall v, eval T (set e k v) a = eval T' (set e k v) a) by (intro; apply eval_reads; intros; now apply H).
      apply sum_list_ext. intros v _. rewrite (IH T T' D D') by auto. rewrite Hv. f_equal. f_equal. f_equal. f_equal. f_equal.
      apply sum_list_ext. intros w _. now rewrite Hv.
    - assert (Hv : forall v, eval T (set e k v) a = eval T' (set e k v) a) by (intro; apply eval_reads; intros; now apply H).
      rewrite (argmax_ext _ _ (fun v => eval T' (set e k v) a)) by exact Hv. now apply IH.
  Qed.

  (** Every name is defined once, and not read before. *)
  Fixpoint ordered (chain : list equation) : bool :=
    match chain with
    | [] => true
    | d :: rest =>
        negb (reads_name (target d) (body d)) &&
        forallb (fun d' => negb (same_name (target d') (target d)) && negb (reads_name (target d') (body d))) rest &&
        ordered rest
    end.

  Lemma same_name_refl : forall t, same_name t t = true.
  Proof. intro t. unfold same_name. now destruct (name_eq_dec t t). Qed.
  Lemma same_name_true : forall s t, same_name s t = true -> s = t.
  Proof. intros s t. unfold same_name. now destruct (name_eq_dec s t). Qed.
  Lemma reads_name_false : forall t a, reads_name t a = false -> ~ In t (reads a).
  Proof.
    intros t a H Hin. unfold reads_name in H. rewrite <- not_true_iff_false in H. apply H.
    apply existsb_exists. exists t. split; [exact Hin | apply same_name_refl].
  Qed.

  Lemma define_other : forall T t g s, s <> t -> define T t g s = T s.
  Proof.
    intros T t g s H. apply functional_extensionality. intro p. unfold define, same_name.
    now destruct (name_eq_dec s t).
  Qed.
  Lemma define_same : forall T t g p, in_range t p = true -> define T t g t p = g p.
  Proof. intros T t g p H. unfold define. now rewrite same_name_refl, H. Qed.

  Lemma run_other : forall chain T t, ~ In t (map target chain) -> run chain T t = T t.
  Proof.
    induction chain as [|d rest IH]; intros T t H; simpl in *; [reflexivity|].
    rewrite IH by tauto. apply define_other. intro E. apply H. now left.
  Qed.
  Lemma push_other : forall chain T D t, ~ In t (map target chain) -> push chain T D t = D t.
  Proof.
    induction chain as [|d rest IH]; intros T D t H; simpl in *; [reflexivity|].
    rewrite IH by tauto. apply define_other. intro E. apply H. now left.
  Qed.

  Lemma ordered_head : forall d rest, ordered (d :: rest) = true ->
    (forall t, In t (reads (body d)) -> ~ In t (map target (d :: rest))) /\ ~ In (target d) (map target rest).
  Proof.
    intros d rest H. simpl in H. apply andb_prop in H as [H _]. apply andb_prop in H as [Hd H].
    apply negb_true_iff in Hd. apply reads_name_false in Hd. rewrite forallb_forall in H.
    assert (Hr : forall d', In d' rest -> target d' <> target d /\ ~ In (target d') (reads (body d))).
    { intros d' Hin. apply H in Hin. apply andb_prop in Hin as [H1 H2]. apply negb_true_iff in H1, H2. split.
      - intros E. rewrite E, same_name_refl in H1. discriminate.
      - now apply reads_name_false. }
    split.
    - intros t Ht [<-|Hin]; [contradiction|]. apply in_map_iff in Hin as [d' [<- Hin]]. now apply (proj2 (Hr d' Hin)).
    - intro Hin. apply in_map_iff in Hin as [d' [E Hin]]. now apply (proj1 (Hr d' Hin)).
  Qed.

  (** The result of a chain solves its equations, and its tangent those of the tangents. *)
  Lemma run_solves : forall chain T d p, ordered chain = true -> In d chain -> in_range (target d) p = true ->
    run chain T (target d) p = value (run chain T) d p.
  Proof.
    induction chain as [|d rest IH]; intros T d0 p Ho Hin Hp; [destruct Hin|].
    pose proof (ordered_head _ _ Ho) as [Hreads Hnew]. simpl in Ho. apply andb_prop in Ho as [_ Ho]. simpl run.
    destruct Hin as [<-|Hin]; [|now apply IH].
    rewrite run_other by assumption. rewrite define_same by assumption. unfold value. apply eval_reads. intros t Ht.
    assert (Hn : ~ In t (map target (d :: rest))) by auto. simpl in Hn.
    rewrite run_other by tauto. symmetry. apply define_other. intro E. apply Hn. now left.
  Qed.

  Lemma push_solves : forall chain T D d p, ordered chain = true -> In d chain -> in_range (target d) p = true ->
    push chain T D (target d) p = change (run chain T) (push chain T D) d p.
  Proof.
    induction chain as [|d rest IH]; intros T D d0 p Ho Hin Hp; [destruct Hin|].
    pose proof (ordered_head _ _ Ho) as [Hreads Hnew]. simpl in Ho. apply andb_prop in Ho as [_ Ho]. simpl run. simpl push.
    destruct Hin as [<-|Hin]; [|now apply IH].
    rewrite push_other by assumption. rewrite define_same by assumption. unfold change. apply tangent_reads. intros t Ht.
    assert (Hn : ~ In t (map target (d :: rest))) by auto. simpl in Hn.
    rewrite run_other, push_other by tauto.
    split; symmetry; apply define_other; intro E; apply Hn; now left.
  Qed.
End Derivatives.
